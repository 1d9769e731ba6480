// Sentence: for how long a backend is ejected: twice as long each time, and shorter again after
// good conduct.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/instant.h"

namespace fairlead::core {

class Sentence {
 public:
  // A backend that never gets well is tried this often at least: at ten times `eject_for`.
  static constexpr int64_t kMost = 10;

  // How long the ejection that begins now lasts: eject_for, doubled for each earlier one that is
  // not forgiven. One is forgiven for each eject_for that it was in and well.
  // REQUIRES: eject_for > 0.
  Duration begin(Duration eject_for, Instant now) {
    const auto forgiven = std::max<int64_t>(0, (now - came_back_) / eject_for);
    count_ -= static_cast<uint32_t>(std::min<int64_t>(count_, forgiven));
    ++count_;
    return eject_for * std::min(kMost, int64_t{1} << std::min(count_ - 1, 4u));
  }
  // It is back.
  void end(Instant now) { came_back_ = now; }

  // Which ejection this is, or the last was, without those forgiven; 0: there was none.
  uint32_t count() const { return count_; }

 private:
  uint32_t count_ = 0;
  Instant came_back_{};
};

}  // namespace fairlead::core
