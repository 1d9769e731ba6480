// The product's own access log (JSON) as a record of arrivals.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/simulate/scenario.h"

namespace fairlead::core {

// What a line says of one arrival.
struct LoggedRequest {
  WallTime began;  // its time less its duration
  std::string pool;
  std::string client;
};

// Nothing: the line is none of a JSON access log.
std::optional<LoggedRequest> parse_log_line(std::string_view line);

struct LogReading {
  std::vector<Arrival> arrivals;  // in order of time
  size_t lines = 0;               // that were read
  size_t skipped = 0;             // that are no lines of a log
  size_t of_others = 0;           // of other pools, or of none
};

// The arrivals of one pool. Cost: about 2 us a line.
LogReading read_log(std::string_view text, std::string_view pool);

}  // namespace fairlead::core
