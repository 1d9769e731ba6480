// What is foretold of a pool is what it does: against core::Pool, for every algorithm.
#include "core/explain/preview.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/pool.h"
#include "core/test_snapshot.h"

namespace fairlead::core {
namespace {

constexpr Instant kNow = Instant(100s);

// A pool of random weights and states, with work at its backends and answers measured.
class Busy {
 public:
  Busy(uint64_t seed, std::string algorithm) : random_(seed) {
    std::vector<uint32_t> weights(1 + random_.below(6));
    for (uint32_t& weight : weights) weight = random_.below(5);
    PoolConfig config = test_pool_config("app", weights, std::move(algorithm));
    if (keeps_keys(config.balance.algorithm)) config.balance.key = KeySource{};
    if (random_.below(2) == 0) config.balance.bounded_load = 125;
    const StandingOf standing_of = [&](const Backend&, const BackendConfig& backend) {
      return Standing{kStates[random_.below(kStates.size())], backend.weight};
    };
    snapshot_ = make_snapshot(test_config({config}), registry_, 1, 1, standing_of)->pools.front();
    pool_.update(snapshot_);
    work();
  }

  const PoolSnapshot& snapshot() const { return *snapshot_; }
  Random& random() { return random_; }
  Key draw_key() { return {.hash = random_.next(), .present = random_.below(4) > 0}; }

  // The member that a pool picks which was made this moment.
  std::optional<uint32_t> pick(const Key& key, Random& random) const {
    Pool fresh(0);
    fresh.update(snapshot_);
    const auto lease = fresh.pick(key, {}, random, kNow);
    if (!lease) return {};
    for (uint32_t i = 0; i < snapshot_->members.size(); ++i) {
      if (snapshot_->members[i].backend->id() == lease->backend().id()) return i;
    }
    return {};
  }

 private:
  void work() {
    for (uint32_t i = random_.below(12); i > 0; --i) {
      auto lease = pool_.pick(draw_key(), {}, random_, kNow - 1s);
      if (!lease) return;
      if (random_.below(2) == 0) {
        leases_.push_back(std::move(*lease));
      } else {
        lease->report(Outcome::success(200, Duration(1ms) * (1 + random_.below(100))), kNow);
      }
    }
  }

  Random random_;
  Registry registry_{1};
  std::shared_ptr<const PoolSnapshot> snapshot_;
  Pool pool_{0};
  std::vector<Lease> leases_;
};

class Foretold : public testing::TestWithParam<std::string> {};

TEST_P(Foretold, TheNextPickIsTheFirst) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    Busy busy(seed, GetParam());
    const Key key = busy.draw_key();
    const Preview seen = preview(busy.snapshot(), key, Random(seed), kNow);
    Random same(seed);
    EXPECT_EQ(seen.first, busy.pick(key, same)) << seed;
  }
}

TEST_P(Foretold, OnlyWhoHasAChanceIsPicked) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Busy busy(seed, GetParam());
    const Key key = busy.draw_key();
    const Preview seen = preview(busy.snapshot(), key, Random(seed), kNow);
    for (int i = 0; i < 10; ++i) {
      const auto picked = busy.pick(key, busy.random());
      ASSERT_EQ(picked.has_value(), seen.first.has_value());
      if (picked) EXPECT_GT(seen.chances[*picked], 0) << seed;
    }
  }
}

// Of two that are drawn the better one, so the worst is never taken; of all, only the best.
TEST_P(Foretold, NobodyIsTakenWhoComparesWorst) {
  const bool of_two = GetParam() == "power_of_two" || GetParam() == "peak_ewma";
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    Busy busy(seed, GetParam());
    const Key key = busy.draw_key();
    const Preview seen = preview(busy.snapshot(), key, Random(seed), kNow);
    const auto& compared = seen.reasoning.compared;
    if (compared.empty() || !seen.reasoning.most.empty()) continue;
    ASSERT_EQ(compared.size(), busy.snapshot().candidates.size());
    if (std::ranges::any_of(compared, [](double number) { return std::isnan(number); })) continue;
    const auto [least, most] = std::ranges::minmax(compared);
    for (uint32_t i = 0; i < compared.size(); ++i) {
      if (seen.chances[busy.snapshot().places[i]] == 0) continue;
      if (!of_two) EXPECT_NEAR(compared[i], least, 1e-9 * least) << seed;
      if (of_two && std::ranges::count(compared, most) == 1 && compared.size() > 1)
        EXPECT_LT(compared[i], most) << seed;
    }
  }
}

TEST_P(Foretold, EveryAlgorithmSaysItsRule) {
  Busy busy(1, GetParam());
  EXPECT_FALSE(preview(busy.snapshot(), {}, Random(1), kNow).reasoning.rule.empty());
}

TEST_P(Foretold, EqualAndIdleOnesHaveEqualChances) {
  for (const uint32_t count : {2u, 3u}) {
    const PoolConfig config = test_pool_config("app", std::vector<uint32_t>(count, 1), GetParam());
    Registry registry{1};
    const StandingOf healthy = [](const Backend&, const BackendConfig& backend) {
      return Standing{State::healthy, backend.weight};
    };
    const auto snapshot = make_snapshot(test_config({config}), registry, 1, 1, healthy);
    const Preview seen = preview(*snapshot->pools.front(), {}, Random(7), kNow);
    if (GetParam() == "ip_hash") continue;  // it has a key always
    for (const double chance : seen.chances) EXPECT_NEAR(chance, 1.0 / count, 0.001) << GetParam();
  }
}

TEST_P(Foretold, AskingLeavesNoTrace) {
  Registry registry(1);
  const auto snapshot = make_snapshot(test_config({test_pool_config("app", {1, 1}, GetParam())}),
                                      registry, 1, 1, all_are(State::healthy));
  preview(*snapshot->pools[0], Key{}, Random(1), kNow);
  for (const Member& member : snapshot->pools[0]->members) {
    EXPECT_EQ(member.backend->active(), 0U);
    EXPECT_EQ(member.backend->load().response.expected(Meter::mean, kNow), 0);
    member.backend->tally().each([](const BackendTally&) { FAIL() << "a tally was made"; });
  }
}

std::vector<std::string> names() { return {balancer_names().begin(), balancer_names().end()}; }

INSTANTIATE_TEST_SUITE_P(Every, Foretold, testing::ValuesIn(names()),
                         [](const auto& each) { return each.param; });

TEST(Bound, WhoIsFullIsLeftOut) {
  Registry registry(1);
  PoolConfig config = test_pool_config("app", {1, 1}, "maglev");
  config.balance.bounded_load = 100;
  config.balance.key = KeySource{};
  const auto pool =
      make_snapshot(test_config({config}), registry, 1, 1, all_are(State::healthy))->pools[0];
  const Key key = key_of("a");
  const auto home = preview(*pool, key, Random(1), kNow).first;
  Pool busy(0);
  busy.update(pool);
  Random random(1);
  const auto lease = busy.pick(key, {}, random, kNow);
  ASSERT_TRUE(lease);
  const Preview seen = preview(*pool, key, Random(1), kNow);
  EXPECT_EQ(seen.reasoning.most, (std::vector<uint32_t>{1, 1}));
  EXPECT_NE(seen.first, home);
}

}  // namespace
}  // namespace fairlead::core
