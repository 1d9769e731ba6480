// ResponseTime: how long a backend has taken of late, known to all workers.
//
// For least_time (a mean) and peak_ewma (a mean that jumps up at once). Two rules keep it honest:
//  - An old measurement fades. Who is not asked because it was slow once looks quicker as time
//    goes by, until it is asked again: no backend starves on what is long past. As soon as it has
//    been asked it counts in full again, so that one that hangs gets one probe now and then, and
//    not more and more of them.
//  - A failure may make a backend look slower, never quicker: one that fails within a millisecond
//    must not draw everybody's work.
// Relaxed atomics beside the active count. Two workers that add at the same moment may lose one of
// the two samples, which an average can bear.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>

#include "base/instant.h"

namespace fairlead::core {

// How samples become one number.
enum class Meter : uint8_t {
  none,
  mean,  // each moment of the last ten seconds counts, the nearer the more
  peak,  // the same on its way down; up at once (Finagle's peak EWMA)
};

class ResponseTime {
 public:
  // After this long a sample has faded to 1/e of its part in the mean: Finagle's ten seconds.
  static constexpr double kFade = 10e9;
  // What has not been renewed is believed for so long, and is then halved in each kHalve: one that
  // was a hundred times slower is tried again within half a minute.
  static constexpr double kTrust = 10e9;
  static constexpr double kHalve = 2e9;

  // In nanoseconds; 0: never measured. What has not been renewed counts less and less.
  // Cost: 2 ns, and an exponential function where the measurement is old.
  double expected(Meter meter, Instant now) const {
    const double average = average_.load(std::memory_order_relaxed);
    const int64_t at =
        std::max(measured_.load(std::memory_order_relaxed), asked_.load(std::memory_order_relaxed));
    const auto age = static_cast<double>(now.time_since_epoch().count() - at);
    if (age <= 0) return average;
    const double faded = meter == Meter::peak ? average * std::exp(-age / kFade) : average;
    return age <= kTrust ? faded : faded * std::exp2((kTrust - age) / kHalve);
  }

  // Work has been sent: what was measured counts in full until it has had time to answer.
  void ask(Instant now) { asked_.store(now.time_since_epoch().count(), std::memory_order_relaxed); }

  // An answer took `sample`.
  void add(Meter meter, Duration sample, Instant now) {
    const auto value = static_cast<double>(sample.count());
    const double average = average_.load(std::memory_order_relaxed);
    const int64_t at = now.time_since_epoch().count();
    const auto age = static_cast<double>(at - measured_.load(std::memory_order_relaxed));
    double next = value;
    const bool jumps = average == 0 || age > kTrust || (meter == Meter::peak && value >= average);
    if (!jumps) next += (average - value) * std::exp(-std::max(age, 0.0) / kFade);
    average_.store(next, std::memory_order_relaxed);
    measured_.store(at, std::memory_order_relaxed);
  }

  // The same for a failure that took so long to show.
  void add_failure(Meter meter, Duration sample, Instant now) {
    if (static_cast<double>(sample.count()) > average_.load(std::memory_order_relaxed)) {
      add(meter, sample, now);
    }
  }

 private:
  std::atomic<double> average_{0};    // ns
  std::atomic<int64_t> measured_{0};  // when the last sample came
  std::atomic<int64_t> asked_{0};     // when work was last sent
};

}  // namespace fairlead::core
