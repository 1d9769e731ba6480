// ForwardRules: what stays the same over the attempts of one exchange.
#pragma once

#include <memory>

#include "base/instant.h"
#include "base/result.h"
#include "core/config/config.h"

namespace fairlead::proxy {

class Dialer;

struct ForwardRules {
  // Kept: the pool itself follows newer snapshots meanwhile.
  std::shared_ptr<const core::PoolConfig> pool;
  Duration timeout;          // of the backend: the response head, each stretch of a body
  Duration per_try_timeout;  // of the backend: from the pick to the response head; 0: off
  Duration body_timeout;     // of the client: each stretch of a body
  Duration tunnel_timeout;   // each idle stretch of an upgraded connection
  Dialer& dialer;
  Instant deadline = kNever;  // of the exchange as a whole, as a gRPC caller has set it
  uint32_t ahead = 0;         // bytes of a response that are read before the client takes them
};

// ForwardRules::deadline is over. How long that is was the caller's choice, and says nothing of a
// backend.
inline Error caller_gave_up() {
  return {Code::timeout, Side::internal, Again::no, "the caller's grpc-timeout is over"};
}

}  // namespace fairlead::proxy
