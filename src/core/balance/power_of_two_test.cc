#include <gtest/gtest.h>

#include <algorithm>

#include "core/balance/test_pool.h"

namespace fairlead::core {
namespace {

TEST(PowerOfTwo, OfTwoTakesTheLessLoaded) {
  TestPool pool({1, 1});
  pool.set_active(0, 1);
  auto balancer = pool.balancer("power_of_two");
  EXPECT_EQ(pool.picks(*balancer, 50), std::string(50, 'b'));
}

TEST(PowerOfTwo, ComparesByWeight) {
  TestPool pool({4, 1});
  pool.set_active(0, 3);
  pool.set_active(1, 1);
  auto balancer = pool.balancer("power_of_two");
  EXPECT_EQ(pool.picks(*balancer, 50), std::string(50, 'a'));
}

TEST(PowerOfTwo, NeverTakesTheMostLoaded) {
  TestPool pool({1, 1, 1, 1});
  pool.set_active(2, 1);
  auto balancer = pool.balancer("power_of_two");
  EXPECT_EQ(pool.picks(*balancer, 2000).find('c'), std::string::npos);
}

TEST(PowerOfTwo, AnIdlePoolFollowsTheWeights) {
  TestPool pool({5, 3, 2});
  auto balancer = pool.balancer("power_of_two");
  const auto shares = pool.shares(*balancer, 100'000);
  EXPECT_NEAR(static_cast<double>(shares[0]), 50'000, 1'000);
  EXPECT_NEAR(static_cast<double>(shares[1]), 30'000, 1'000);
  EXPECT_NEAR(static_cast<double>(shares[2]), 20'000, 1'000);
}

// Loads 0 < 1 < 2 < 3 of equal weight: candidate i wins against the 3 - i that are busier, of the
// six pairs: 3, 2, 1 and 0 sixths.
TEST(PowerOfTwo, DrawsEveryPairEquallyOften) {
  TestPool pool({1, 1, 1, 1});
  for (uint32_t i = 0; i < 4; ++i) pool.set_active(i, i);
  auto balancer = pool.balancer("power_of_two");
  const auto shares = pool.shares(*balancer, 60'000);
  EXPECT_NEAR(static_cast<double>(shares[0]), 30'000, 800);
  EXPECT_NEAR(static_cast<double>(shares[1]), 20'000, 800);
  EXPECT_NEAR(static_cast<double>(shares[2]), 10'000, 800);
  EXPECT_EQ(shares[3], 0u);
}

TEST(PowerOfTwo, WithOneLeftTakesIt) {
  TestPool pool({1, 1, 0});
  pool.set_active(1, 7);
  auto balancer = pool.balancer("power_of_two");
  EXPECT_EQ(pool.picks(*balancer, 3, tried_of({0})), "bbb");
  EXPECT_EQ(pool.picks(*balancer, 1, tried_of({0, 1})), "-");
}

// The longest queue when as many arrive as there are backends, and none leaves.
uint32_t longest_queue(const std::string& algorithm) {
  constexpr uint32_t kBackends = 1000;
  TestPool pool(std::vector<uint32_t>(kBackends, 1));
  auto balancer = pool.balancer(algorithm);
  uint32_t longest = 0;
  for (uint32_t i = 0; i < kBackends; ++i) {
    const uint32_t index = *pool.pick(*balancer);
    pool.set_active(index, pool.active(index) + 1);
    longest = std::max(longest, pool.active(index));
  }
  return longest;
}

TEST(PowerOfTwo, KeepsTheLongestQueueShort) {
  EXPECT_LE(longest_queue("power_of_two"), 3u);
  EXPECT_GE(longest_queue("random"), 4u);
  EXPECT_EQ(longest_queue("least_connections"), 1u);
}

}  // namespace
}  // namespace fairlead::core
