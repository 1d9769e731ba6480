#include "control/probe_tls.h"

namespace fairlead::control {

Result<std::shared_ptr<net::TlsClient>> ProbeTls::client_for(const core::BackendTlsConfig& config) {
  std::erase_if(known_, [](const Known& one) { return one.client.expired(); });
  for (const Known& one : known_) {
    if (one.config != config) continue;
    if (auto client = one.client.lock()) return client;
  }
  if (!library_) library_ = std::make_unique<net::TlsLibrary>();
  auto client = net::TlsClient::make(
      *library_,
      {.ca = config.ca_text,
       .server_name = config.server_name,
       .verify = config.verify,
       .certificate = {.certificates = config.certificate.cert_text,
                       .key = config.certificate.key_text},
       .only_1_3 = config.min_version == core::TlsVersion::v1_3,
       .resume = false},
      network_);
  if (client) known_.push_back({config, *client});
  return client;
}

}  // namespace fairlead::control
