// What bench_load was asked to do, read from its command line, and what it counted.
//
// Where it stands: between main and the clients. It refuses unknown options and numbers out of
// range.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fairlead::bench {

enum class Mode : uint8_t { keepalive, close, bulk };

struct Plan {
  uint16_t port = 0;
  Mode mode = Mode::keepalive;
  uint32_t connections = 1;
  uint32_t opening = 32;  // connections that make their first request at the same time
  std::string path = "/1k";
  size_t length = 1024;   // of a body, or of a bulk transfer; bytes
  double warmup = 0.3;    // seconds
  double seconds = 1.0;   // of the measured window
  uint64_t requests = 0;  // the window ends after so many instead; 0: by time
  bool gate = false;      // say "ready" once every connection has an answer, go on at a newline
  bool hold = false;      // with gate: make no further request, only see that all are still open
  std::vector<pid_t> proxies;  // whose CPU time is read at both ends of the window
};

// The plan that the words name, or nothing: a word is unknown or its value is not a number.
std::optional<Plan> parse_plan(std::span<char* const> words);

struct Count {
  uint64_t responses = 0;  // complete and checked; bulk: whole transfers
  uint64_t bytes = 0;      // of bodies
  uint64_t errors = 0;
  std::string first_error;

  void fail(std::string why) {
    if (errors++ == 0) first_error = std::move(why);
  }
};

}  // namespace fairlead::bench
