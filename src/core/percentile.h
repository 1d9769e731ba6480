// Percentile: follows one percentile of response times, and remembers nothing but where it is.
//
// Each time that is longer pushes it up, each that is shorter lets it down, in steps whose ratio
// makes both balance where the percentile lies (a quantile by stochastic approximation, in steps
// relative to where it stands). It so follows what changes, and a time that was never measured to
// its end serves as well, if it is known to be the longer one. Written and read by one worker.
#pragma once

#include <cstdint>

#include "base/instant.h"

namespace fairlead::core {

class Percentile {
 public:
  // So many times before it is worth something.
  static constexpr uint32_t kEnough = 100;

  // `took`: a response time, or so much of it as is known. `share`: 0.95 for p95; in (0, 1).
  void add(Duration took, double share) {
    const auto time = static_cast<double>(took.count());
    if (seen_ < kEnough) ++seen_;
    if (seen_ == 1) {
      at_ = time;
    } else if (time > at_) {
      at_ += kStep * share * at_ + 1;  // it may stand at 0
    } else {
      at_ -= kStep * (1 - share) * at_;
    }
  }

  // kNever's distance, before it has seen enough.
  Duration value() const {
    return seen_ < kEnough ? Duration::max() : Duration(static_cast<int64_t>(at_));
  }

 private:
  static constexpr double kStep = 0.05;  // within a tenth of the true one, after some hundreds

  double at_ = 0;  // in nanoseconds
  uint32_t seen_ = 0;
};

}  // namespace fairlead::core
