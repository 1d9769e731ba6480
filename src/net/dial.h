// dial: a connected stream, or why there is none, by a deadline.
#pragma once

#include <memory>

#include "base/address.h"
#include "base/result.h"
#include "net/network.h"
#include "net/task.h"

namespace fairlead::net {

// Errors: refused, not_found (no such Unix socket), unreachable, connect_timeout (also for the
// deadline), reset, exhausted; `detail` says it in words: "connection refused", "connect timed out
// after 5.0 s". Cancelled (downstream's doing) when `gone` is set: whoever wanted the connection
// has left; null: nobody can. Draining (ours) when `off` is set: nobody is to connect there any
// more.
Task<Result<std::unique_ptr<Stream>>> dial(Network& network, Address address, Instant deadline,
                                           Event* gone = nullptr, Event* off = nullptr);

// "5.0 s", "250 ms": a span in an error's words.
std::string span_text(Duration span);

}  // namespace fairlead::net
