#include "core/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace fairlead::core {
namespace {

TEST(Histogram, ABucketHoldsItsUpperBoundAndNotItsLower) {
  for (size_t i = 0; i + 1 < kHistogramBuckets; ++i) {
    const Duration bound = histogram_bound(i);
    EXPECT_EQ(histogram_bucket(bound), i);
    EXPECT_EQ(histogram_bucket(bound + 1ns), i + 1);
  }
}

TEST(Histogram, AgreesWithALinearSearch) {
  Random random(5);
  for (int i = 0; i < 100'000; ++i) {
    const auto span = Duration(static_cast<int64_t>(random.next() >> (20 + random.below(44))));
    size_t bucket = 0;
    while (bucket + 1 < kHistogramBuckets && histogram_bound(bucket) < span) ++bucket;
    ASSERT_EQ(histogram_bucket(span), bucket) << span.count();
  }
}

TEST(Histogram, TakesZeroNegativeAndEndless) {
  EXPECT_EQ(histogram_bucket(0ns), 0u);
  EXPECT_EQ(histogram_bucket(-5s), 0u);
  EXPECT_EQ(histogram_bucket(Duration::max()), kHistogramBuckets - 1);
  EXPECT_EQ(histogram_bound(0), 10us);
  EXPECT_EQ(histogram_bound(kHistogramBuckets - 2), 1000s);
}

TEST(Histogram, MetricBoundsAreExact) {
  for (Duration bound : metric_bounds()) {
    Histogram histogram;
    histogram.add(bound);
    histogram.add(bound + 1ns);
    Distribution distribution;
    distribution.add(histogram);
    EXPECT_EQ(distribution.at_most(bound), 1u) << to_seconds(bound);
  }
  EXPECT_TRUE(std::ranges::is_sorted(metric_bounds()));
}

TEST(Histogram, PercentilesAreWithinEightPercent) {
  Random random(9);
  for (int round = 0; round < 50; ++round) {
    Histogram histogram;
    std::vector<Duration> all;
    for (int i = 0; i < 2000; ++i) {
      // Log-uniform from 10 us to 1,000 s.
      const double exponent = 4 + 8 * random.unit() * (round + 1) / 50;
      all.push_back(Duration(static_cast<int64_t>(std::pow(10, exponent)) + 1));
      histogram.add(all.back());
    }
    std::ranges::sort(all);
    Distribution distribution;
    distribution.add(histogram);
    for (double p : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const auto rank = static_cast<size_t>(std::ceil(p * 2000)) - 1;
      const double exact = to_seconds(all[rank]);
      EXPECT_NEAR(to_seconds(distribution.percentile(p)), exact, 0.08 * exact);
    }
  }
}

TEST(Distribution, OfNothingIsZero) {
  Distribution empty;
  EXPECT_EQ(empty.count(), 0u);
  EXPECT_EQ(empty.percentile(0.99), Duration::zero());
  EXPECT_EQ(empty.at_most(1s), 0u);
}

TEST(Distribution, MergesAndSubtracts) {
  Histogram one, other;
  one.add(1ms);
  one.add(2ms);
  Distribution earlier;
  earlier.add(one);
  one.add(4s);
  other.add(4s);
  other.add(-1s);
  Distribution later;
  later.add(one);
  later.add(other);
  EXPECT_EQ(later.count(), 5u);
  EXPECT_EQ(later.sum(), 8s + 3ms);
  EXPECT_EQ(later.since(earlier).count(), 3u);
  EXPECT_EQ(later.since(earlier).sum(), 8s);
  EXPECT_EQ(earlier.at_most(1ms), 1u);
}

TEST(Distribution, AboveTheLastBoundIsTheLastBound) {
  Histogram histogram;
  histogram.add(2h);
  Distribution distribution;
  distribution.add(histogram);
  EXPECT_EQ(distribution.percentile(0.5), 1000s);
}

}  // namespace
}  // namespace fairlead::core
