// What the hashing algorithms promise: who has a key, and who has it when the pool changes.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/balance/hash_ring.h"
#include "core/balance/maglev_table.h"
#include "core/balance/rendezvous_list.h"
#include "core/balance/test_pool.h"

namespace fairlead::core {
namespace {

constexpr uint32_t kSmallTable = 1009;
const std::vector<std::string> kConsistent = {"ring_hash", "maglev", "rendezvous"};

BalanceConfig config_of(std::string algorithm, uint32_t bound = 0) {
  return {.algorithm = std::move(algorithm), .bounded_load = bound, .table_size = kSmallTable};
}

std::vector<Candidate> evens(uint32_t count) {
  return TestPool(std::vector<uint32_t>(count, 1)).candidates();
}

std::vector<Candidate> without(std::vector<Candidate> candidates, size_t index) {
  candidates.erase(candidates.begin() + static_cast<ptrdiff_t>(index));
  return candidates;
}

// Which backend, by identity, has each of some keys.
std::vector<uint64_t> owners(const BalanceConfig& config, const std::vector<Candidate>& candidates,
                             int keys) {
  const auto live = std::make_unique<LiveLoad[]>(candidates.size());
  std::vector<const LiveLoad*> loads;
  for (size_t i = 0; i < candidates.size(); ++i) loads.push_back(&live[i]);
  auto balancer = make_balancer(config);
  TestPool::update(*balancer, config, candidates);
  Random random(1);
  std::vector<uint64_t> result;
  for (int i = 0; i < keys; ++i) {
    const Key key = key_of("key-" + std::to_string(i));
    result.push_back(candidates[*balancer->pick(key, Load(loads, Instant()), {}, random)].identity);
  }
  return result;
}

double share_that_moves(const BalanceConfig& config, uint32_t count, int keys) {
  const auto before = owners(config, evens(count), keys);
  double moved = 0;
  const uint32_t rounds = std::min(count, 8u);
  for (uint32_t i = 0; i < rounds; ++i) {
    const auto after = owners(config, without(evens(count), i * count / rounds), keys);
    for (size_t k = 0; k < before.size(); ++k) moved += before[k] != after[k];
  }
  return moved / rounds / keys;
}

// ---- the literature's figures ---------------------------------------------------------

TEST(IpHash, MovesThreeQuartersFromFourToThreeAndNineTenthsFromTenToNine) {
  EXPECT_NEAR(share_that_moves({.algorithm = "ip_hash"}, 4, 100'000), 0.75, 0.01);
  EXPECT_NEAR(share_that_moves({.algorithm = "ip_hash"}, 10, 100'000), 0.90, 0.01);
}

double slots_that_move(uint32_t count) {
  const auto candidates = evens(count);
  const MaglevTable before(candidates, 65537);
  double moved = 0;
  const uint32_t rounds = std::min(count, 8u);
  for (uint32_t i = 0; i < rounds; ++i) {
    const auto rest = without(candidates, i * count / rounds);
    const MaglevTable after(rest, 65537);
    for (size_t slot = 0; slot < 65537; ++slot) {
      moved += candidates[before.slots()[slot]].identity != rest[after.slots()[slot]].identity;
    }
  }
  return moved / rounds / 65537;
}

TEST(Maglev, MovesAboutOneNthWhenOneLeaves) {
  const std::vector<std::pair<uint32_t, double>> figures = {
      {4, 0.251}, {10, 0.105}, {100, 0.0155}, {1000, 0.0066}};
  for (const auto& [count, share] : figures) {
    EXPECT_NEAR(slots_that_move(count), share, share / 10) << count;
  }
}

TEST(RingHash, MovesAboutOneNthWhenOneLeaves) {
  EXPECT_NEAR(share_that_moves({.algorithm = "ring_hash"}, 4, 20'000), 0.25, 0.03);
  EXPECT_NEAR(share_that_moves({.algorithm = "ring_hash"}, 10, 20'000), 0.10, 0.02);
}

TEST(Rendezvous, MovesOneNthWhenOneLeaves) {
  EXPECT_NEAR(share_that_moves({.algorithm = "rendezvous"}, 4, 20'000), 0.25, 0.01);
  EXPECT_NEAR(share_that_moves({.algorithm = "rendezvous"}, 10, 20'000), 0.10, 0.01);
}

TEST(Hashing, ClientsBehindOneAddressShareABackendByAddressAndSpreadByCookie) {
  TestPool pool(std::vector<uint32_t>(10, 1));
  auto by_address = pool.balancer("ip_hash");
  auto by_cookie = pool.balancer("maglev");
  const Key address = key_of(*Ip::parse("203.0.113.7"));
  std::map<uint32_t, int> same, spread;
  for (int client = 0; client < 2000; ++client) {
    ++same[*pool.pick(*by_address, {}, address)];
    ++spread[*pool.pick(*by_cookie, {}, key_of("session-" + std::to_string(client)))];
  }
  EXPECT_EQ(same.size(), 1u);
  int most = 0;
  for (const auto& [index, count] : spread) most = std::max(most, count);
  EXPECT_LT(most / 200.0, 1.15);
}

// ---- one after the other --------------------------------------------------------------

TEST(Consistent, TheSameKeyStays) {
  TestPool pool({1, 2, 3});
  for (const std::string& algorithm : kConsistent) {
    auto balancer = pool.balancer(algorithm);
    const auto first = pool.pick(*balancer, {}, key_of("ann"));
    for (int i = 0; i < 20; ++i) EXPECT_EQ(pool.pick(*balancer, {}, key_of("ann")), first);
  }
}

TEST(Consistent, AKeyHasAnOrderOfBackendsOfItsOwn) {
  TestPool pool(std::vector<uint32_t>(6, 1));
  for (const std::string& algorithm : kConsistent) {
    auto balancer = pool.balancer(algorithm);
    std::map<std::pair<uint32_t, uint32_t>, int> pairs;
    for (int i = 0; i < 600; ++i) {
      const Key key = key_of(std::to_string(i));
      const uint32_t first = *pool.pick(*balancer, {}, key);
      const uint32_t second = *pool.pick(*balancer, tried_of({first}), key);
      EXPECT_EQ(pool.pick(*balancer, tried_of({first}), key), second);
      ++pairs[{first, second}];
    }
    EXPECT_GE(pairs.size(), 25u) << algorithm << ": of 30 pairs";
  }
}

TEST(Maglev, TheNearestPrimeTablesWorkDownToTwoSlots) {
  for (const uint32_t size : {2u, 3u, 5u}) {
    const MaglevTable table(evens(2), size);
    EXPECT_EQ(table.slots().size(), size);
    EXPECT_NE(std::ranges::count(table.slots(), 0u), 0);
    EXPECT_NE(std::ranges::count(table.slots(), 1u), 0);
  }
}

TEST(RingHash, TooManyPointsAreHalved) {
  const auto candidates = TestPool({1000, 1000, 1}).candidates();
  const HashRing ring(candidates, 10'000, 1);
  EXPECT_LE(ring.points(), size_t{1} << 18);
  EXPECT_GE(ring.points(), size_t{1} << 16);
  EXPECT_EQ(HashRing(evens(10), 150, 1).points(), 1500u);
}

TEST(Rendezvous, ItsLogarithmIsALogarithm) {
  Random random(3);
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t draw = random.next() >> random.below(60);
    const double expected = 64 - std::log2(static_cast<double>(draw) + 1);
    EXPECT_NEAR(static_cast<double>(negative_log2(draw)) * 0x1p-40, expected, 4e-6) << draw;
    EXPECT_GE(negative_log2(draw), negative_log2(draw + (draw < ~uint64_t{0})));
  }
  EXPECT_EQ(negative_log2(0), uint64_t{64} << 40);
}

// ---- for all --------------------------------------------------------------------------

std::vector<uint32_t> some_weights(size_t least) {
  auto weights = *rc::gen::container<std::vector<uint32_t>>(rc::gen::inRange<uint32_t>(1, 20));
  while (weights.size() < least) weights.push_back(1);
  if (weights.size() > 20) weights.resize(20);
  return weights;
}

TEST(ConsistentProperty, TheOrderOfTheFileDoesNotMatter) {
  EXPECT_TRUE(rc::check([] {
    const auto config = config_of(*rc::gen::elementOf(kConsistent));
    const auto candidates = TestPool(some_weights(1)).candidates();
    auto shuffled = candidates;
    Random random(*rc::gen::arbitrary<uint64_t>());
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    RC_ASSERT(make_plan(config, candidates)->digest() == make_plan(config, shuffled)->digest());
    RC_ASSERT(owners(config, candidates, 100) == owners(config, shuffled, 100));
  }));
}

TEST(ConsistentProperty, OtherBackendsOrWeightsGiveAnotherDigest) {
  EXPECT_TRUE(rc::check([] {
    const auto config = config_of(*rc::gen::elementOf(kConsistent));
    const auto candidates = TestPool(some_weights(2)).candidates();
    auto changed = candidates;
    changed[0].weight += 5;
    const uint64_t digest = make_plan(config, candidates)->digest();
    RC_ASSERT(make_plan(config, changed)->digest() != digest);
    RC_ASSERT(make_plan(config, without(candidates, 0))->digest() != digest);
  }));
}

TEST(ConsistentProperty, OnRingAndRendezvousOnlyTheKeysOfTheOneThatLeavesMove) {
  EXPECT_TRUE(rc::check([] {
    const auto config =
        config_of(*rc::gen::elementOf(std::vector<std::string>{"ring_hash", "rendezvous"}));
    const auto candidates = TestPool(some_weights(2)).candidates();
    const size_t gone = *rc::gen::inRange<size_t>(0, candidates.size());
    const auto before = owners(config, candidates, 300);
    const auto after = owners(config, without(candidates, gone), 300);
    for (size_t i = 0; i < before.size(); ++i) {
      RC_ASSERT(before[i] == after[i] || before[i] == candidates[gone].identity);
    }
  }));
}

TEST(ConsistentProperty, MaglevGivesEverybodyItsSlots) {
  EXPECT_TRUE(rc::check([] {
    const auto candidates = TestPool(some_weights(1)).candidates();
    const MaglevTable table(candidates, kSmallTable);
    double total = 0;
    for (const Candidate& each : candidates) total += each.weight;
    for (uint32_t i = 0; i < candidates.size(); ++i) {
      const auto slots = static_cast<double>(std::ranges::count(table.slots(), i));
      RC_ASSERT(std::abs(slots - kSmallTable * candidates[i].weight / total) <= 3);
    }
  }));
}

TEST(ConsistentProperty, RendezvousFollowsTheWeights) {
  EXPECT_TRUE(rc::check([] {
    constexpr int kKeys = 5000;
    const auto candidates = TestPool(some_weights(1)).candidates();
    double total = 0;
    for (const Candidate& each : candidates) total += each.weight;
    const auto placed = owners(config_of("rendezvous"), candidates, kKeys);
    for (const Candidate& each : candidates) {
      const double share = each.weight / total;
      const double deviation = std::sqrt(kKeys * share * (1 - share)) + 1;
      const auto got = static_cast<double>(std::ranges::count(placed, each.identity));
      RC_ASSERT(std::abs(got - kKeys * share) < 6 * deviation);
    }
  }));
}

// The slow twin of the ring: all points in a list, and the nearest one clockwise looked for.
TEST(ConsistentProperty, TheRingAgreesWithItsTwin) {
  EXPECT_TRUE(rc::check([] {
    const auto candidates = TestPool(some_weights(1)).candidates();
    const HashRing ring(candidates, 7, 1);
    std::map<uint64_t, uint32_t> points;
    for (uint32_t i = 0; i < candidates.size(); ++i) {
      for (uint64_t n = 0; n < 7 * candidates[i].weight; ++n) {
        points[mix(candidates[i].identity + n * 0x9e3779b97f4a7c15)] = i;
      }
    }
    Random random(*rc::gen::arbitrary<uint64_t>());
    for (int i = 0; i < 200; ++i) {
      const uint64_t hash = random.next();
      auto next = points.lower_bound(hash);
      if (next == points.end()) next = points.begin();
      RC_ASSERT(ring.first(hash) == next->second);
    }
  }));
}

TEST(ConsistentProperty, NobodyGetsMoreThanTheBound) {
  EXPECT_TRUE(rc::check([] {
    const uint32_t percent = *rc::gen::elementOf(std::vector<uint32_t>{100, 125, 200});
    TestPool pool(some_weights(1));
    auto balancer = pool.balancer(config_of(*rc::gen::elementOf(kConsistent), percent));
    uint64_t weights = 0;
    for (const Candidate& each : pool.candidates()) weights += each.weight;
    for (uint64_t active = 1; active <= 200; ++active) {
      // Half of all requests have the same key.
      const uint32_t who = pool.random().below(2) ? 0 : pool.random().below(50);
      const uint32_t index = *pool.pick(*balancer, {}, key_of(std::to_string(who)));
      pool.set_active(index, pool.active(index) + 1);
      const uint64_t share = percent * active * pool.candidates()[index].weight;
      RC_ASSERT(pool.active(index) <= (share + 100 * weights - 1) / (100 * weights));
    }
  }));
}

TEST(ConsistentProperty, BelowTheBoundAKeyStaysWhereItIs) {
  TestPool pool(std::vector<uint32_t>(8, 1));
  for (const std::string& algorithm : kConsistent) {
    auto plain = pool.balancer(config_of(algorithm));
    auto bounded = pool.balancer(config_of(algorithm, 1000));
    for (uint32_t i = 0; i < 8; ++i) pool.set_active(i, 1 + i % 2);
    for (int i = 0; i < 100; ++i) {
      const Key key = key_of(std::to_string(i));
      EXPECT_EQ(pool.pick(*plain, {}, key), pool.pick(*bounded, {}, key));
    }
  }
}

}  // namespace
}  // namespace fairlead::core
