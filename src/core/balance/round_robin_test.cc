#include <gtest/gtest.h>

#include "core/balance/test_pool.h"

namespace fairlead::core {
namespace {

// The slow twin: every step over everybody, by the textbook.
std::string by_the_textbook(const std::vector<uint32_t>& weights, size_t count) {
  std::vector<int64_t> credits(weights.size());
  std::string letters;
  for (size_t step = 0; step < count; ++step) {
    int64_t total = 0;
    size_t richest = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      credits[i] += weights[i];
      total += weights[i];
      if (credits[i] > credits[richest]) richest = i;
    }
    credits[richest] -= total;
    letters += static_cast<char>('a' + richest);
  }
  return letters;
}

TEST(RoundRobin, EqualWeightsGoInTurn) {
  TestPool pool({1, 1, 1});
  auto balancer = pool.balancer("round_robin");
  EXPECT_EQ(pool.picks(*balancer, 7), "abcabca");
}

TEST(RoundRobin, EqualWeightsAboveOneGoInTurn) {
  TestPool pool({7, 7, 7});
  auto balancer = pool.balancer("round_robin");
  EXPECT_EQ(pool.picks(*balancer, 6), "abcabc");
}

TEST(RoundRobin, FiveThreeTwoIsSmooth) {
  TestPool pool({5, 3, 2});
  auto balancer = pool.balancer("round_robin");
  EXPECT_EQ(pool.picks(*balancer, 20), "abcaabacbaabcaabacba");
}

TEST(RoundRobin, FiveThreeTwoGivesFiftyThirtyTwenty) {
  TestPool pool({5, 3, 2});
  auto balancer = pool.balancer("round_robin");
  EXPECT_EQ(pool.shares(*balancer, 1000), (std::vector<uint64_t>{500, 300, 200}));
  EXPECT_EQ(pool.picks(*balancer, 1000).find("aaaa"), std::string::npos);
}

TEST(RoundRobin, OneOneFourFourOverTen) {
  TestPool pool({1, 1, 4, 4});
  auto balancer = pool.balancer("round_robin");
  EXPECT_EQ(pool.shares(*balancer, 10), (std::vector<uint64_t>{1, 1, 4, 4}));
}

TEST(RoundRobin, CanaryGetsOneOfTen) {
  TestPool pool({9, 1});
  auto balancer = pool.balancer("round_robin");
  EXPECT_EQ(pool.picks(*balancer, 10), "aaaaabaaaa");
}

TEST(RoundRobin, AgreesWithTheTextbookOnRandomWeights) {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<uint32_t> weights(1 + random.below(12));
    uint64_t total = 0;
    for (uint32_t& weight : weights) total += weight = 1 + random.below(50);
    TestPool pool(weights);
    auto balancer = pool.balancer("round_robin");
    const size_t count = 2 * total + 3;  // through the kept cycle and round again
    ASSERT_EQ(pool.picks(*balancer, count), by_the_textbook(weights, count)) << "round " << round;
  }
}

TEST(RoundRobin, ACycleTooLongToKeepIsTheSame) {
  const std::vector<uint32_t> weights = {1000, 999, 997, 31, 40001};
  TestPool pool(weights);
  auto balancer = pool.balancer("round_robin");
  EXPECT_EQ(pool.picks(*balancer, 90000), by_the_textbook(weights, 90000));
}

TEST(RoundRobin, WeightZeroHasNoTurn) {
  TestPool pool({1, 0, 1, 0});
  auto balancer = pool.balancer("round_robin");
  EXPECT_EQ(pool.picks(*balancer, 5), "acaca");
}

TEST(RoundRobin, WorkersBeginWithDifferentBackends) {
  TestPool even({1, 1, 1});
  TestPool weighted({5, 3, 2});
  std::string even_firsts, weighted_firsts;
  for (uint32_t worker = 0; worker < 4; ++worker) {
    even_firsts += even.picks(*even.balancer("round_robin", worker), 1);
    weighted_firsts += weighted.picks(*weighted.balancer("round_robin", worker), 1);
  }
  EXPECT_EQ(even_firsts, "abca");
  EXPECT_EQ(weighted_firsts, "abca");
}

TEST(RoundRobin, TriedOnesLoseTheirTurn) {
  TestPool pool({1, 1, 1});
  auto balancer = pool.balancer("round_robin");
  EXPECT_EQ(pool.picks(*balancer, 4, tried_of({1})), "acac");
}

TEST(RoundRobin, FindsTheLightOneWhenTheHeavyWasTried) {
  TestPool pool({1000, 1});
  auto balancer = pool.balancer("round_robin");
  EXPECT_EQ(pool.picks(*balancer, 3, tried_of({0})), "bbb");
  EXPECT_EQ(pool.picks(*balancer, 2, tried_of({0, 1})), "--");
}

TEST(RoundRobin, AnUpdateAfterEachPickStillServesAll) {
  for (const auto& weights :
       {std::vector<uint32_t>{1, 1, 1, 1}, std::vector<uint32_t>{3, 1, 1, 1}}) {
    TestPool pool(weights);
    auto balancer = pool.balancer("round_robin");
    std::vector<uint64_t> shares(4);
    for (int i = 0; i < 60; ++i) {
      ++shares[*pool.pick(*balancer)];
      balancer->update(pool.candidates(), nullptr);
    }
    uint64_t total = 0;
    for (uint32_t weight : weights) total += weight;
    for (size_t i = 0; i < 4; ++i) EXPECT_EQ(shares[i], 60 * weights[i] / total) << i;
  }
}

}  // namespace
}  // namespace fairlead::core
