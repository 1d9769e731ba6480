// Dialer: one worker's way to its backends: connects, and shakes hands where the pool speaks TLS.
//
// Every connection to a backend begins here, whatever protocol it is for. Keeps a TlsClient for
// each pool with `tls`, and with it the sessions that can be resumed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/backend.h"
#include "core/snapshot.h"
#include "net/tls_connect.h"

namespace fairlead::proxy {

class Worker;

// What is offered to a backend of HTTP by ALPN. `alone`: HTTP/2 will not do.
net::Protocols protocols_of(const core::PoolConfig& pool, bool alone);

class Dialer {
 public:
  explicit Dialer(Worker& worker) : worker_(worker) {}
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  // From now on the TLS of these pools. Gives the ids of backends that were spoken to otherwise
  // until now: what is open there is not to be used again. TLS that cannot be set up is logged, and
  // what there was stays.
  std::vector<uint32_t> obey(const core::Snapshot& snapshot);

  // A connection to a backend of the pool, encrypted where the pool has it so by now, whatever the
  // exchange began with. `protocols`: to
  // offer by ALPN; outlive the task, as `pool` and `backend` do; the stream's tls() tells which was
  // chosen. Errors: those of net::dial, and tls_handshake, each upstream's with `again` yes, and
  // with words. Counts handshakes.
  net::Task<Result<std::unique_ptr<net::Stream>>> dial(const core::PoolConfig& pool,
                                                       const core::Backend& backend,
                                                       net::Protocols protocols, Instant deadline,
                                                       net::Stops stops);

 private:
  struct Speech {
    core::UpstreamProtocol protocol{};
    std::optional<core::BackendTlsConfig> tls;
    std::shared_ptr<net::TlsClient> client;    // null: clear text, or it could not be set up
    std::shared_ptr<core::PoolSeries> series;  // for its numbers
  };

  void renew(Speech& speech, const core::PoolConfig& pool);
  net::Task<Result<std::unique_ptr<net::Stream>>> encrypt(std::unique_ptr<net::Stream> stream,
                                                          const core::PoolConfig& pool,
                                                          const core::Backend& backend,
                                                          net::Protocols protocols,
                                                          Instant deadline, net::Stops stops);

  Worker& worker_;
  std::map<std::string, Speech> pools_;  // by name
};

}  // namespace fairlead::proxy
