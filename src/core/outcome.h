// Outcome: what became of one use of one backend.
//
// Written by the data path when an attempt ends, read by the lease (numbers), the retry rules
// (again or not) and the health of the backend (core/health, by judge()).
#pragma once

#include <cstdint>
#include <optional>

#include "base/instant.h"
#include "base/result.h"

namespace fairlead::core {

struct Outcome {
  // Nothing: the attempt did what it was to do (a response of whatever status came whole, a TCP
  // connection ended in order).
  std::optional<Code> failed;
  Side side = Side::upstream;  // whose fault, if failed
  // Of the Error. yes: nothing of the request was sent. if_reused: some was, but not a byte of a
  // response came. no: the response had begun to come, or it was no break-off. Of a timeout: no,
  // unless it was the attempt's own (per_try_timeout), whatever came before the head.
  Again again = Again::no;
  uint16_t status = 0;            // of the response, if a head came; TCP: 0
  bool reused = false;            // the connection had served before
  bool response_started = false;  // bytes of the response went to the client
  Duration latency{};             // from the pick to the response head; TCP: to the connection;
                                  // zero: there was neither

  static Outcome success(uint16_t status, Duration latency) {
    Outcome outcome;
    outcome.status = status;
    outcome.latency = latency;
    return outcome;
  }
  static Outcome failure(const Error& error, bool reused = false) {
    Outcome outcome;
    outcome.failed = error.code;
    outcome.side = error.side;
    outcome.again = error.again;
    outcome.reused = reused;
    return outcome;
  }
};

// A connection that never came to be: nothing was sent, and the backend is at fault.
constexpr bool is_connect_failure(Code code) {
  return code == Code::refused || code == Code::not_found || code == Code::unreachable ||
         code == Code::connect_timeout || code == Code::tls_handshake;
}
inline bool is_connect_failure(const Outcome& outcome) {
  return outcome.failed && outcome.side == Side::upstream && is_connect_failure(*outcome.failed);
}

// Broken off without a byte of a response.
inline bool broke_off(const Outcome& outcome) {
  return (outcome.failed == Code::reset || outcome.failed == Code::closed) &&
         outcome.again != Again::no;
}

// What an outcome says of the health of its backend.
enum class Judgement : uint8_t {
  nothing,  // the client's doing, ours, or the ordinary end of a long connection
  well,
  error,  // docs/health.md has the table
};

// 501 and 505 tell of the request, 4xx and 429 are answers: all of them say that somebody works.
constexpr bool is_error_status(uint16_t status) {
  return status == 500 || (status >= 502 && status <= 504);
}

constexpr Judgement judge(const Outcome& outcome) {
  if (!outcome.failed) return is_error_status(outcome.status) ? Judgement::error : Judgement::well;
  if (outcome.side != Side::upstream) return Judgement::nothing;
  // A kept connection that the backend has closed meanwhile: it may do that at any time.
  if (outcome.reused && broke_off(outcome)) return Judgement::nothing;
  // A TCP connection or a tunnel that served for a while: its end is a matter of the two sides.
  const bool bytes_alone = outcome.status == 0 || outcome.status == 101;
  if (bytes_alone && outcome.response_started) return Judgement::nothing;
  return Judgement::error;
}

// What traffic met at a backend, where the controller must hear of it at once.
struct Trouble {
  uint32_t backend = 0;  // its id
  Outcome outcome;
  bool in_row = false;  // with this one, the pool's consecutive_errors is reached
  Instant began;        // when the attempt did
};

}  // namespace fairlead::core
