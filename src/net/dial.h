// dial: a connected stream, or why there is none, by a deadline.
#pragma once

#include <memory>
#include <optional>

#include "base/address.h"
#include "base/result.h"
#include "net/network.h"
#include "net/task.h"

namespace fairlead::net {

// What ends the wait for a connection early; null: nothing does.
struct Stops {
  Event* gone = nullptr;       // whoever wanted it has left: cancelled, downstream's doing
  Event* off = nullptr;        // nobody is to connect there any more: draining, ours
  Event* overtaken = nullptr;  // somebody else has done the work: cancelled, ours
};

// What a wait that one of them has ended comes to; nothing: none is set.
std::optional<Error> ended_by(const Stops& stops);

// Errors: refused, not_found (no such Unix socket), unreachable, connect_timeout (also for the
// deadline), reset, exhausted; `detail` says it in words: "connection refused", "connect timed out
// after 5.0 s". Cancelled or draining where one of `stops` is set.
Task<Result<std::unique_ptr<Stream>>> dial(Network& network, Address address, Instant deadline,
                                           Stops stops = {});

// "5.0 s", "250 ms": a span in an error's words.
std::string span_text(Duration span);

}  // namespace fairlead::net
