// What every balancer of list.inc must keep, whatever it picks by.
#include "core/balance/balancer.h"

#include <gtest/gtest.h>

#include "core/balance/test_pool.h"

namespace fairlead::core {
namespace {

class EveryBalancer : public testing::TestWithParam<std::string_view> {
 protected:
  std::string name() const { return std::string(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(List, EveryBalancer, testing::ValuesIn(balancer_names()),
                         [](const auto& name) { return std::string(name.param); });

TEST_P(EveryBalancer, AnEmptyPoolIsAnAnswer) {
  TestPool pool({});
  EXPECT_EQ(pool.picks(*pool.balancer(name()), 2), "--");
  EXPECT_EQ(pool.picks(*pool.balancer(name(), 3), 2), "--");
}

TEST_P(EveryBalancer, BeforeItsFirstUpdateItHasNobody) {
  TestPool pool({});
  auto balancer = make_balancer(BalanceConfig{.algorithm = name()});
  EXPECT_EQ(pool.picks(*balancer, 1), "-");
}

TEST_P(EveryBalancer, WeightZeroGetsNothing) {
  TestPool pool({0, 2, 0, 1, 0});
  auto balancer = pool.balancer(name());
  const auto shares = pool.shares(*balancer, 3000);
  EXPECT_EQ(shares[0] + shares[2] + shares[4], 0u);
  EXPECT_GT(shares[3], 0u);
  TestPool weightless({0, 0});
  EXPECT_EQ(weightless.picks(*weightless.balancer(name(), 1), 1), "-");
}

TEST_P(EveryBalancer, AloneGetsAll) {
  TestPool pool({3});
  EXPECT_EQ(pool.picks(*pool.balancer(name()), 4), "aaaa");
}

TEST_P(EveryBalancer, NeverPicksWhatWasTriedAndFindsWhatWasNot) {
  Random random(11);
  for (int round = 0; round < 300; ++round) {
    std::vector<uint32_t> weights(1 + random.below(9));
    for (uint32_t& weight : weights)
      weight = random.below(2) ? random.below(5) : random.below(100);
    TestPool pool(weights);
    auto balancer = pool.balancer(name(), random.below(16));
    std::vector<uint32_t> gone;
    bool left = false;
    for (uint32_t i = 0; i < weights.size(); ++i) {
      if (random.below(2))
        gone.push_back(i);
      else
        left |= weights[i] > 0;
    }
    for (int pick = 0; pick < 10; ++pick) {
      const auto index = pool.pick(*balancer, tried_of(gone));
      ASSERT_EQ(index.has_value(), left);
      if (!index) continue;
      ASSERT_GT(weights[*index], 0u);
      ASSERT_FALSE(tried_of(gone).contains(100 + *index));
    }
  }
}

TEST_P(EveryBalancer, ObeysItsLastUpdate) {
  TestPool pool({1, 1, 1, 1});
  auto balancer = pool.balancer(name());
  pool.shares(*balancer, 10);
  const BalanceConfig config{.algorithm = name()};
  TestPool::update(*balancer, config, std::span(pool.candidates()).first(2));
  for (int i = 0; i < 100; ++i) EXPECT_LT(*pool.pick(*balancer), 2u);
  TestPool::update(*balancer, config, {});
  EXPECT_FALSE(pool.pick(*balancer));
}

TEST_P(EveryBalancer, SharesByWeightWhenAllAreIdle) {
  TestPool pool({1, 2, 3, 4});
  auto balancer = pool.balancer(name());
  const auto shares = pool.shares(*balancer, 100'000);
  for (size_t i = 0; i < 4; ++i) {
    // A ring is uneven by some percent.
    const double slack = name() == "ring_hash" ? 3'000 : 1'000;
    EXPECT_NEAR(static_cast<double>(shares[i]), 10'000.0 * static_cast<double>(i + 1), slack);
  }
}

TEST(MakeBalancer, AnUnknownNameGivesNothing) {
  EXPECT_EQ(make_balancer(BalanceConfig{.algorithm = "round-robin"}), nullptr);
}

TEST(MakeBalancer, TheDefaultOfTheConfigurationExists) {
  EXPECT_NE(make_balancer(BalanceConfig{}), nullptr);
}

TEST(Tried, KnowsExcludedFromAvoided) {
  Tried tried;
  EXPECT_TRUE(tried.empty());
  EXPECT_FALSE(tried.has_avoided());
  tried.exclude(7);
  EXPECT_FALSE(tried.has_avoided());
  tried.avoid(8);
  EXPECT_TRUE(tried.contains(7) && tried.contains(8) && !tried.contains(9));
  EXPECT_TRUE(tried.has_avoided());
  EXPECT_TRUE(tried.excluded_only().contains(7));
  EXPECT_FALSE(tried.excluded_only().contains(8));
}

TEST(Tried, BeyondItsLimitForgetsTheOldest) {
  Tried tried;
  for (uint32_t id = 1; id <= Tried::kMost + 1; ++id) tried.exclude(id);
  EXPECT_FALSE(tried.contains(1));
  EXPECT_TRUE(tried.contains(2));
  EXPECT_TRUE(tried.contains(Tried::kMost + 1));
}

}  // namespace
}  // namespace fairlead::core
