// Log: one line for each event, for a person: when, how bad, what, with its numbers.
//
//   log.warning("backend {} of pool {} is unhealthy: {}", address, pool, reason);
//   2026-11-21T08:06:09.123Z warning backend 10.0.0.1:80 of pool api is unhealthy: ...
//
// Where lines go is the sink's business (net/log_queue.h), what time it is that of whoever made the
// Log. A line stays one line, whatever a peer has put into a name: control characters are escaped.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/instant.h"

namespace fairlead {

enum class Level : uint8_t { debug, info, warning, error };

std::string_view name_of(Level level);

class LogSink {
 public:
  virtual ~LogSink() = default;
  // `line` is whole and ends in '\n'. Must not wait: a data path is behind it.
  virtual void write(Level level, std::string_view line) = 0;
};

// One a thread. The sink outlives it.
class Log {
 public:
  using Clock = std::function<WallTime()>;

  // Lines below `least` are not even formatted.
  Log(LogSink& sink, Clock clock, Level least = Level::info)
      : sink_(sink), clock_(std::move(clock)), least_(least) {}

  template <typename... Parts>
  void debug(fmt::format_string<const Parts&...> text, const Parts&... parts) {
    write(Level::debug, text, fmt::make_format_args(parts...));
  }
  template <typename... Parts>
  void info(fmt::format_string<const Parts&...> text, const Parts&... parts) {
    write(Level::info, text, fmt::make_format_args(parts...));
  }
  template <typename... Parts>
  void warning(fmt::format_string<const Parts&...> text, const Parts&... parts) {
    write(Level::warning, text, fmt::make_format_args(parts...));
  }
  template <typename... Parts>
  void error(fmt::format_string<const Parts&...> text, const Parts&... parts) {
    write(Level::error, text, fmt::make_format_args(parts...));
  }

  bool is_on(Level level) const { return level >= least_; }
  void set_least(Level least) { least_ = least; }

 private:
  void write(Level level, fmt::string_view text, fmt::format_args parts);

  LogSink& sink_;
  Clock clock_;
  Level least_;
};

// The line that Log writes: time, level, message, '\n'. Control characters of the message (C0, DEL,
// and C1 in UTF-8) become \n, \r, \t or \xHH.
std::string log_line(WallTime time, Level level, std::string_view message);

}  // namespace fairlead
