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

// Gathers the arrivals of one pool, line by line. Cost: about 2 us a line.
class LogReader {
 public:
  explicit LogReader(std::string pool) : pool_(std::move(pool)) {}
  // Without its line end. Empty lines count for nothing.
  void take(std::string_view line);
  // All of them in order of time; once, at the end.
  std::vector<Arrival> arrivals();

  size_t lines() const { return lines_; }
  // How many were no lines of a JSON access log.
  size_t skipped() const { return skipped_; }

 private:
  std::string pool_;
  std::vector<LoggedRequest> requests_;
  size_t lines_ = 0;
  size_t skipped_ = 0;
};

}  // namespace fairlead::core
