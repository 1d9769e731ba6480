// ProbeTls: how probes speak TLS: a client for each way that pools have it, shared by their probes.
//
// A probe never resumes a session: it sees what a new connection would, an expired certificate
// above all.
#pragma once

#include <memory>
#include <vector>

#include "core/config/config.h"
#include "net/tls_client.h"

namespace fairlead::control {

class ProbeTls {
 public:
  explicit ProbeTls(net::Network& network) : network_(network) {}
  ProbeTls(const ProbeTls&) = delete;
  ProbeTls& operator=(const ProbeTls&) = delete;

  // Error: `invalid`, with words. Cost: a comparison with each that is in use, or a millisecond.
  Result<std::shared_ptr<net::TlsClient>> client_for(const core::BackendTlsConfig& config);

 private:
  struct Known {
    core::BackendTlsConfig config;
    std::weak_ptr<net::TlsClient> client;
  };

  net::Network& network_;
  std::unique_ptr<net::TlsLibrary> library_;  // once it is needed
  std::vector<Known> known_;
};

}  // namespace fairlead::control
