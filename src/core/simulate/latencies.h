// Latencies: how long simulated requests took, to within one part in 128.
//
// core/histogram keeps what many workers write, in steps of 12 %; here algorithms are compared that
// differ by less. Buckets of equal width within each power of two of nanoseconds.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/instant.h"

namespace fairlead::core {

class Latencies {
 public:
  // Cost: about 2 ns. A negative span counts as zero.
  void add(Duration span) {
    const auto ns = static_cast<uint64_t>(std::max<int64_t>(span.count(), 0));
    ++counts_[bucket_of(ns)];
    ++count_;
    sum_ += static_cast<double>(ns);
  }

  uint64_t count() const { return count_; }
  // Zero where nothing was added.
  Duration mean() const {
    return count_ == 0 ? Duration::zero()
                       : Duration(std::llround(sum_ / static_cast<double>(count_)));
  }
  // The value that the share `p` (0 to 1) of all lies at or below; zero where nothing was added.
  Duration percentile(double p) const {
    const double exact = std::ceil(std::clamp(p, 0.0, 1.0) * static_cast<double>(count_));
    const uint64_t rank = std::max<uint64_t>(1, static_cast<uint64_t>(exact));
    uint64_t below = 0;
    for (size_t bucket = 0; bucket < counts_.size() && count_ > 0; ++bucket) {
      below += counts_[bucket];
      if (below >= rank) return Duration(static_cast<int64_t>(start_of(bucket)));
    }
    return Duration::zero();
  }

 private:
  static constexpr int kBits = 7;  // 128 buckets to each power of two
  static constexpr uint64_t kFirst = uint64_t{1} << kBits;

  static size_t bucket_of(uint64_t ns) {
    if (ns < kFirst) return ns;
    const int octave = std::bit_width(ns) - 1 - kBits;
    return (static_cast<size_t>(octave) << kBits) + (ns >> octave);
  }
  static uint64_t start_of(size_t bucket) {
    if (bucket < kFirst) return bucket;
    const size_t octave = (bucket >> kBits) - 1;
    return (kFirst + (bucket & (kFirst - 1))) << octave;
  }

  std::vector<uint64_t> counts_ = std::vector<uint64_t>((64 - kBits + 1) << kBits);
  uint64_t count_ = 0;
  double sum_ = 0;
};

}  // namespace fairlead::core
