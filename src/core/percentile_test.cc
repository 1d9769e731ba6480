#include "core/percentile.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace fairlead::core {
namespace {

// Times evenly spread over `most`.
void feed(Percentile& percentile, Random& random, double share, Duration most, int times) {
  for (int i = 0; i < times; ++i)
    percentile.add(Duration(random.below(static_cast<uint32_t>(most.count()))), share);
}

TEST(Percentile, SaysNothingBeforeItHasSeenEnough) {
  Percentile percentile;
  for (uint32_t i = 1; i < Percentile::kEnough; ++i) percentile.add(10ms, 0.95);
  EXPECT_EQ(percentile.value(), Duration::max());
  percentile.add(10ms, 0.95);
  EXPECT_LT(percentile.value(), 12ms);
}

TEST(Percentile, FindsTheOneAskedFor) {
  Random random(3);
  for (const double share : {0.5, 0.9, 0.95, 0.99}) {
    Percentile percentile;
    feed(percentile, random, share, 100ms, 20'000);
    EXPECT_NEAR(to_seconds(percentile.value()), 0.1 * share, 0.012) << share;
  }
}

TEST(Percentile, FollowsWhatChanges) {
  Random random(4);
  Percentile percentile;
  feed(percentile, random, 0.95, 10ms, 5'000);
  feed(percentile, random, 0.95, 1s, 1'000);
  EXPECT_NEAR(to_seconds(percentile.value()), 0.95, 0.2);
  feed(percentile, random, 0.95, 10ms, 5'000);
  EXPECT_NEAR(to_seconds(percentile.value()), 0.0095, 0.003);
}

TEST(Percentile, ATimeThatIsOnlyKnownToBeLongerServesAsWell) {
  Random random(5);
  Percentile whole;
  Percentile cut;
  for (int i = 0; i < 5'000; ++i) {
    const Duration took(random.below(100'000'000));
    whole.add(took, 0.9);
    const Duration known =
        cut.value() == Duration::max() ? took : std::min(took, cut.value() + 1us);
    cut.add(known, 0.9);
  }
  EXPECT_EQ(whole.value(), cut.value());
}

TEST(Percentile, OfNothingIsNothing) {
  Percentile percentile;
  for (int i = 0; i < 1'000; ++i) percentile.add(Duration::zero(), 0.95);
  EXPECT_LT(percentile.value(), 1ms);
}

}  // namespace
}  // namespace fairlead::core
