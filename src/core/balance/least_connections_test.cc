#include <gtest/gtest.h>

#include <set>

#include "core/balance/test_pool.h"

namespace fairlead::core {
namespace {

TEST(LeastConnections, PicksTheLeastForItsWeight) {
  TestPool pool({5, 3, 2});
  pool.set_active(0, 50);
  pool.set_active(1, 30);
  pool.set_active(2, 18);
  auto balancer = pool.balancer("least_connections");
  EXPECT_EQ(pool.picks(*balancer, 3), "ccc");
}

TEST(LeastConnections, TiesGoInTurn) {
  TestPool pool({1, 1, 1});
  auto balancer = pool.balancer("least_connections");
  EXPECT_EQ(pool.picks(*balancer, 7), "abcabca");
}

TEST(LeastConnections, TiesGoInTurnAmongThoseThatTie) {
  TestPool pool({1, 1, 1});
  pool.set_active(1, 4);
  auto balancer = pool.balancer("least_connections");
  EXPECT_EQ(pool.picks(*balancer, 4), "acac");
}

TEST(LeastConnections, AnIdlePoolFollowsTheWeights) {
  TestPool pool({5, 3, 2});
  auto balancer = pool.balancer("least_connections");
  EXPECT_EQ(pool.shares(*balancer, 100), (std::vector<uint64_t>{50, 30, 20}));
}

TEST(LeastConnections, WorkersBeginWithDifferentBackends) {
  TestPool pool({1, 1, 1});
  std::string firsts;
  for (uint32_t worker = 0; worker < 4; ++worker) {
    firsts += pool.picks(*pool.balancer("least_connections", worker), 1);
  }
  EXPECT_EQ(firsts, "abca");
}

TEST(LeastConnections, ASlowBackendGetsNothingNewWhileItIsBusy) {
  TestPool pool({1, 1, 1});
  auto balancer = pool.balancer("least_connections");
  pool.set_active(1, 1);  // the slow one has a request
  EXPECT_EQ(pool.picks(*balancer, 100).find('b'), std::string::npos);
  auto in_turn = pool.balancer("round_robin");
  EXPECT_NE(pool.picks(*in_turn, 3).find('b'), std::string::npos);
}

TEST(LeastConnections, TriedAndWeightlessAreOut) {
  TestPool pool({1, 0, 1, 1});
  pool.set_active(2, 3);
  pool.set_active(3, 9);
  auto balancer = pool.balancer("least_connections");
  EXPECT_EQ(pool.picks(*balancer, 2, tried_of({0})), "cc");
  EXPECT_EQ(pool.picks(*balancer, 2, tried_of({0, 2, 3})), "--");
}

// The slow twin: the set of all that no other beats, in exact fractions.
std::set<uint32_t> least_of(const TestPool& pool, const Tried& tried) {
  std::set<uint32_t> least;
  const auto& all = pool.candidates();
  auto usable = [&](uint32_t i) { return all[i].weight > 0 && !tried.contains(all[i].id); };
  for (uint32_t i = 0; i < all.size(); ++i) {
    bool beaten = !usable(i);
    for (uint32_t j = 0; j < all.size(); ++j) {
      beaten |= usable(j) &&
                uint64_t{pool.active(j)} * all[i].weight < uint64_t{pool.active(i)} * all[j].weight;
    }
    if (!beaten) least.insert(i);
  }
  return least;
}

TEST(LeastConnections, AgreesWithItsTwinOnRandomLoads) {
  Random random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<uint32_t> weights(1 + random.below(10));
    for (uint32_t& weight : weights) weight = random.below(4);
    TestPool pool(weights);
    auto balancer = pool.balancer("least_connections");
    for (int step = 0; step < 20; ++step) {
      for (uint32_t i = 0; i < weights.size(); ++i) pool.set_active(i, random.below(4));
      const Tried tried = step % 2 ? tried_of({random.below(10)}) : Tried{};
      const auto least = least_of(pool, tried);
      const auto picked = pool.pick(*balancer, tried);
      ASSERT_EQ(picked.has_value(), !least.empty());
      if (picked) ASSERT_TRUE(least.contains(*picked)) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace fairlead::core
