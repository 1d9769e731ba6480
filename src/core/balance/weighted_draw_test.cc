#include "core/balance/weighted_draw.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/balance/test_pool.h"

namespace fairlead::core {
namespace {

// Draws fit the weights of those that are left: each count within six standard deviations.
void expect_by_weight(const std::vector<uint32_t>& weights, const std::vector<uint32_t>& tried,
                      uint32_t except = WeightedDraw::kNobody) {
  constexpr double kDraws = 200'000;
  TestPool pool(weights);
  WeightedDraw draw;
  draw.update(pool.candidates());
  auto left = weights;
  for (uint32_t i : tried) left[i] = 0;
  if (except < left.size()) left[except] = 0;
  double total = 0;
  for (uint32_t weight : left) total += weight;
  std::vector<uint64_t> counts(weights.size());
  for (int i = 0; i < kDraws; ++i) ++counts[*draw.draw(tried_of(tried), pool.random(), except)];
  for (size_t i = 0; i < left.size(); ++i) {
    const double share = left[i] / total;
    const double deviation = std::sqrt(kDraws * share * (1 - share));
    EXPECT_NEAR(static_cast<double>(counts[i]), kDraws * share, 6 * deviation) << "index " << i;
  }
}

TEST(WeightedDraw, EqualWeights) { expect_by_weight({1, 1, 1}, {}); }
TEST(WeightedDraw, UnequalWeights) { expect_by_weight({5, 3, 2, 0, 1000, 1}, {}); }
TEST(WeightedDraw, OneAlone) { expect_by_weight({3}, {}); }
TEST(WeightedDraw, TheUntriedKeepTheirOdds) { expect_by_weight({5, 3, 2, 7}, {1, 3}); }
TEST(WeightedDraw, AlsoWhenNearlyAllWeightIsTried) { expect_by_weight({100000, 3, 1}, {0}); }
TEST(WeightedDraw, AndTheExceptedOneIsOut) { expect_by_weight({5, 3, 2, 7}, {3}, 0); }

TEST(WeightedDraw, RandomWeightsFit) {
  Random random(3);
  for (int round = 0; round < 10; ++round) {
    std::vector<uint32_t> weights(1 + random.below(20));
    for (uint32_t& weight : weights) weight = random.below(3) == 0 ? 0 : random.below(1000);
    weights[0] = 1;
    expect_by_weight(weights, {});
  }
}

TEST(WeightedDraw, NothingWhenNobodyIsLeft) {
  TestPool pool({2, 0, 1});
  WeightedDraw draw;
  EXPECT_FALSE(draw.draw({}, pool.random()));
  draw.update(pool.candidates());
  EXPECT_EQ(draw.usable(), 2u);
  EXPECT_FALSE(draw.draw(tried_of({0, 2}), pool.random()));
  EXPECT_FALSE(draw.draw(tried_of({0}), pool.random(), 2));
}

}  // namespace
}  // namespace fairlead::core
