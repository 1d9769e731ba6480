// The examples from which people learn what these algorithms do.
#include <gtest/gtest.h>

#include "core/balance/test_pool.h"

namespace fairlead::core {
namespace {

using Shares = std::vector<uint64_t>;

TEST(Golden, WeightsFiveThreeTwoGiveFiftyThirtyTwentyAndNeverFiveInARow) {
  TestPool pool({5, 3, 2});
  auto balancer = pool.balancer("round_robin");
  const std::string picks = pool.picks(*balancer, 100);
  EXPECT_EQ(std::ranges::count(picks, 'a'), 50);
  EXPECT_EQ(std::ranges::count(picks, 'b'), 30);
  EXPECT_EQ(std::ranges::count(picks, 'c'), 20);
  EXPECT_EQ(picks.find("aaaaa"), std::string::npos);
}

TEST(Golden, WeightsOneOneFourFourOverTenRequests) {
  TestPool pool({1, 1, 4, 4});
  EXPECT_EQ(pool.shares(*pool.balancer("round_robin"), 10), (Shares{1, 1, 4, 4}));
}

TEST(Golden, ACanaryOfNineToOne) {
  TestPool pool({9, 1});
  EXPECT_EQ(pool.shares(*pool.balancer("round_robin"), 1000), (Shares{900, 100}));
}

TEST(Golden, EveryAlgorithmFollowsWeightsOfFiveThreeTwo) {
  for (const std::string_view name : balancer_names()) {
    TestPool pool({5, 3, 2});
    auto balancer = pool.balancer(std::string(name));
    const Shares shares = pool.shares(*balancer, 100'000);
    // A ring of 150 points a unit is uneven by some percent.
    const double slack = name == "ring_hash" ? 5'000 : 1'000;
    EXPECT_NEAR(static_cast<double>(shares[0]), 50'000, slack) << name;
    EXPECT_NEAR(static_cast<double>(shares[1]), 30'000, slack) << name;
    EXPECT_NEAR(static_cast<double>(shares[2]), 20'000, slack) << name;
  }
}

}  // namespace
}  // namespace fairlead::core
