// TLS of a listener: what it is told by its configuration, and what became of a handshake, for its
// numbers and the access log.
#pragma once

#include <memory>

#include "base/address.h"
#include "core/snapshot.h"
#include "net/tls_server.h"
#include "net/tls_stream.h"
#include "proxy/handshakes.h"
#include "proxy/view.h"

namespace fairlead::proxy {

class Worker;

// REQUIRES: config.tls.
Result<std::shared_ptr<const net::TlsServer>> make_tls_server(Worker& worker,
                                                              const core::ListenerConfig& config);

// One handshake, from the acceptance on.
class Handshake {
 public:
  Handshake(Worker& worker, std::shared_ptr<const View> view,
            const core::ListenerSnapshot& listener, const Address& peer, Handshakes& all);

  // As long as a client may take for the header section of a request.
  Instant deadline() const;
  net::Event& displaced() { return place_.displaced(); }
  void done(const net::Stream& stream) const;
  // Counted, and logged unless the client has merely left.
  void failed(const Error& error) const;

 private:
  core::TlsTally& tally() const;

  Worker& worker_;
  std::shared_ptr<const View> view_;
  const core::ListenerSnapshot& listener_;
  Address peer_;
  Instant began_;
  Handshakes::Place place_;
};

}  // namespace fairlead::proxy
