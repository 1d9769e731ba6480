// Time as values: spans and points of a clock that somebody else reads.
//
// Nothing below net/ may ask what time it is; it is told. Two clocks exist: `Instant` never goes
// back and has no calendar, `WallTime` is for logs, dates and certificates.
#pragma once

#include <chrono>
#include <cstdint>

namespace fairlead {

using Duration = std::chrono::nanoseconds;

using std::chrono_literals::operator""ns;
using std::chrono_literals::operator""us;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""h;

// The clocks have no now(): whoever needs the time takes it as an argument.
struct SteadyClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SteadyClock>;
  static constexpr bool is_steady = true;
};

// A point on a clock that only goes forward; its zero means nothing.
using Instant = SteadyClock::time_point;

// A point in civil time, since 1970-01-01 UTC.
using WallTime = std::chrono::sys_time<Duration>;

// Later than everything: "no deadline".
inline constexpr Instant kNever = Instant::max();

// start + span, or kNever where the sum would overflow. A negative span is not allowed.
constexpr Instant saturating_add(Instant start, Duration span) {
  return span >= kNever - start ? kNever : start + span;
}

// Seconds as metrics and logs write them.
constexpr double to_seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

}  // namespace fairlead
