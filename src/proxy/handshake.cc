#include "proxy/handshake.h"

#include "http/who_asked.h"
#include "proxy/access_log.h"
#include "proxy/worker.h"

namespace fairlead::proxy {

Result<std::shared_ptr<const net::TlsServer>> make_tls_server(Worker& worker,
                                                              const core::ListenerConfig& config) {
  const core::TlsConfig& tls = *config.tls;
  net::TlsServerOptions options;
  for (const core::CertificateConfig& one : tls.certificates)
    options.certificates.push_back({one.cert_text, one.key_text, one.staple,
                                    one.staple_facts.expires, one.facts.names,
                                    one.facts.key.substr(0, one.facts.key.find(' '))});
  options.only_1_3 = tls.min_version == core::TlsConfig::Version::v1_3;
  options.client_ca = tls.client_ca_text;
  options.client_required = tls.client_certificate == core::TlsConfig::ClientCertificate::required;
  if (config.protocol == core::Protocol::http) {
    if (config.http.versions.http2) options.protocols.push_back("h2");
    if (config.http.versions.http1) options.protocols.push_back("http/1.1");
  }
  options.scope = config.name;
  return net::TlsServer::make(worker.tls_library(), options, worker.ticket_keys(),
                              worker.network());
}

Handshake::Handshake(Worker& worker, std::shared_ptr<const View> view,
                     const core::ListenerSnapshot& listener, const Address& peer, Handshakes& all)
    : worker_(worker),
      view_(std::move(view)),
      listener_(listener),
      peer_(peer),
      began_(worker.network().now()),
      place_(all, began_) {}

Instant Handshake::deadline() const {
  return saturating_add(began_, listener_.config->http.header_timeout);
}

core::TlsTally& Handshake::tally() const { return listener_.series->tally.of(worker_.index()).tls; }

void Handshake::done(const net::Stream& stream) const {
  (stream.tls().version == "TLSv1.2" ? tally().handshakes_1_2 : tally().handshakes_1_3).add();
  if (stream.tls().is_resumed) tally().resumed.add();
}

void Handshake::failed(const Error& error) const {
  tally().failures.add(error.code);
  const core::AccessLogConfig& log = view_->snapshot->config->access_log;
  if (!log.on || error.code == Code::cancelled) return;
  http::Scratch scratch;
  Trip trip;
  trip.protocol = "tls";
  trip.listener = listener_.config->name;
  trip.client = http::client_text(peer_, scratch);
  trip.client_port = peer_.port();
  trip.duration = worker_.network().now() - began_;
  trip.error = name_of(error.code);
  trip.side = name_of(error.side);
  trip.detail = error.detail;
  worker_.outside().log_access(format_line(trip, log.format, worker_.network().wall_now()));
}

}  // namespace fairlead::proxy
