// Result<T>: a value, or what went wrong, whose fault it is, and whether trying again can help.
//
// With the side and the retryability in the error itself, retry logic needs no knowledge of sockets
// and the log blames the right peer. Error codes are few: a code and a side have one answer to a
// client (http/answer.h), and a code has one name in metrics and logs.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace fairlead {

enum class Code : uint8_t {
  // What a peer sent.
  malformed,            // not the protocol, or ambiguous in it
  too_large,            // over a limit on its size or count
  unsupported,          // well formed, but a feature that we refuse
  version_unsupported,  // a version of the protocol that we do not speak
  body_too_large,       // over the route's limit on bodies
  // What became of a connection.
  refused,          // connect: nobody listens
  unreachable,      // connect: no route, or the network said no
  connect_timeout,  // connect: no answer in time, of TLS included
  tls_handshake,    // connect: TLS did not come to be
  reset,            // the peer broke the connection off
  closed,           // the peer ended the connection where more was due
  timeout,          // the peer was too slow
  // What we decided.
  no_route,
  misdirected,    // no route is for a host that this connection was not made for
  no_backend,     // no eligible backend in the pool
  queue_full,     // every backend is at its limit, and too many wait already
  queue_timeout,  // none had room in time
  overloaded,     // the loop lags, and the route's priority is low
  route_full,     // the route is at its max_connections
  maintenance,    // the operator has others answered for now
  draining,
  cancelled,  // the other side of the exchange is gone
  // What the machine or the operator did.
  address_in_use,
  permission,
  not_found,
  exhausted,  // descriptors, memory, disk
  invalid,    // a configuration or an argument that cannot be used
  internal,
};

enum class Side : uint8_t { downstream, upstream, internal };

// Whether the same work may be given to another backend.
enum class Again : uint8_t {
  no,         // the peer may have acted on it
  if_reused,  // only if the connection was a reused one: it had probably been closed already
  yes,        // nothing of it was sent
};

struct Error {
  Code code = Code::internal;
  Side side = Side::internal;
  Again again = Again::no;
  std::string detail;  // for people: what happened, with its numbers; may be empty
};

template <typename T>
using Result = std::expected<T, Error>;

// The name of a code in metrics, logs and problem types: lower case, words joined by '-'.
std::string_view name_of(Code code);
std::string_view name_of(Side side);

// What functions return: `return fail(Code::malformed, Side::upstream, "two content-lengths");`
inline std::unexpected<Error> fail(Code code, Side side, std::string detail = {},
                                   Again again = Again::no) {
  return std::unexpected(Error{code, side, again, std::move(detail)});
}

}  // namespace fairlead
