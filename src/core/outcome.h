// Outcome: what became of one use of one backend.
//
// Written by the data path when an attempt ends, read by the lease (numbers), the retry rules
// (again or not) and, for failed connects, the health of the backend.
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
  // response came. no: the response had begun to come, or it was no break-off.
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
         code == Code::connect_timeout;
}
inline bool is_connect_failure(const Outcome& outcome) {
  return outcome.failed && outcome.side == Side::upstream && is_connect_failure(*outcome.failed);
}

}  // namespace fairlead::core
