// TestLog: keeps log lines for a test to look at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"

namespace fairlead::control {

class TestLog : public LogSink {
 public:
  void write(Level, std::string_view line) override { lines.emplace_back(line); }

  // How many lines hold this text.
  size_t count(std::string_view text) const {
    size_t count = 0;
    for (const std::string& line : lines) count += line.find(text) != std::string::npos;
    return count;
  }

  std::vector<std::string> lines;
  Log log{*this, [] { return WallTime{}; }};
};

}  // namespace fairlead::control
