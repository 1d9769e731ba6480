// HoldDown: how many passed probes in a row bring back a backend that keeps going out.
//
// The first time it is the configured threshold. Whoever goes out again soon after coming back
// needs twice as many, then four times, up to sixteen: a backend that flaps comes back ever later,
// and its pool is spared the to and fro. Calm makes up for it, step by step.
#pragma once

#include <algorithm>
#include <cstdint>

namespace fairlead::core {

class HoldDown {
 public:
  static constexpr uint32_t kMostDoublings = 4;
  // So many probes passed in a row, while it is in, take one doubling back; after the last doubling
  // the same number again makes it a backend without a past.
  static constexpr uint32_t kCalm = 10;

  uint32_t passes_needed(uint32_t threshold) const { return threshold << doublings_; }
  // How often it went out soon after coming back, as far as that is remembered.
  uint32_t doublings() const { return doublings_; }

  void went_out() {
    if (was_out_) doublings_ = std::min(doublings_ + 1, kMostDoublings);
    was_out_ = true;
    calm_ = 0;
  }
  // A probe passed, or failed, while it is in.
  void passed() {
    if (!was_out_ || ++calm_ < kCalm) return;
    calm_ = 0;
    if (doublings_ == 0) was_out_ = false;
    if (doublings_ > 0) --doublings_;
  }
  void failed() { calm_ = 0; }

 private:
  uint32_t doublings_ = 0;
  uint32_t calm_ = 0;
  bool was_out_ = false;  // of late
};

}  // namespace fairlead::core
