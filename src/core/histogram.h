// Histogram: how long things took, in 162 buckets from 10 us to 1,000 s.
//
// The bucket bounds are the R20 series of preferred numbers (ISO 3): twenty to a decade, each about
// 12 % above the one before. So 1, 2, 2.5 and 5 of every decade are bounds, the counts for
// Prometheus' fixed bounds are exact, and a percentile is off by at most 8 %.
// Histogram is written by one worker; Distribution is what a reader adds them up in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/instant.h"
#include "core/counter.h"

namespace fairlead::core {

inline constexpr size_t kHistogramDecades = 8;
inline constexpr size_t kHistogramBuckets = kHistogramDecades * 20 + 2;

// The bucket of a span: 0 holds all up to 10 us, the last all above 1,000 s, and a bucket its upper
// bound but not its lower one. A negative span counts as zero. Cost: about 2 ns.
size_t histogram_bucket(Duration span);

// The upper bound of a bucket. REQUIRES: bucket < kHistogramBuckets - 1, for the last has none.
Duration histogram_bound(size_t bucket);

class Histogram {
 public:
  // Writer only. Cost: about 3 ns.
  void add(Duration span) {
    counts_[histogram_bucket(span)].add();
    sum_.add(span > Duration::zero() ? static_cast<uint64_t>(span.count()) : 0);
  }

 private:
  friend class Distribution;
  std::array<Counter, kHistogramBuckets> counts_{};
  Counter sum_;  // ns: 64 bits hold 584 years
};

// Histograms added up: an ordinary value.
class Distribution {
 public:
  void add(const Histogram& histogram);
  void add(const Distribution& other);
  // What was counted between an earlier reading of the same histograms and this one.
  Distribution since(const Distribution& earlier) const;

  uint64_t count() const;
  Duration sum() const { return Duration(static_cast<int64_t>(sum_)); }
  // The value that the share `p` (0 to 1) of all lies at or below: the middle of its bucket.
  // Zero when nothing was counted; 1,000 s for what lies above that.
  Duration percentile(double p) const;
  // How many were at most `bound`. Exact for a bound of a bucket, as are those of metric_bounds();
  // else it counts the buckets that lie wholly below.
  uint64_t at_most(Duration bound) const;

 private:
  std::array<uint64_t, kHistogramBuckets> counts_{};
  uint64_t sum_ = 0;
};

// The bounds of fairlead_request_duration_seconds: 500 us to 50 s.
std::span<const Duration> metric_bounds();

}  // namespace fairlead::core
