#include "core/pool.h"

#include <gtest/gtest.h>

#include <thread>

#include "core/outlier.h"
#include "core/test_snapshot.h"
#include "core/totals.h"

namespace fairlead::core {
namespace {

class PoolTest : public testing::Test {
 protected:
  std::shared_ptr<const PoolSnapshot> snapshot_of(const PoolConfig& config,
                                                  State state = State::healthy) {
    auto snapshot = make_snapshot(test_config({config}), registry, 1, 1, all_are(state));
    kept.push_back(snapshot);
    return snapshot->pools[0];
  }
  // The port's last digit of each of `count` picks, whose leases end at once.
  std::string picks(Pool& pool, int count, const Tried& tried = {}) {
    std::string digits;
    for (int i = 0; i < count; ++i) {
      auto lease = pool.pick({}, tried, random, now);
      if (!lease) {
        digits += '-';
        continue;
      }
      digits += lease->backend().text().back();
      lease->report(Outcome::success(200, 1ms), now);
    }
    return digits;
  }

  Registry registry{4};
  Random random{1};
  Instant now{1h};
  std::vector<std::shared_ptr<const Snapshot>> kept;
};

TEST_F(PoolTest, PicksAmongTheEligible) {
  auto snapshot = snapshot_of(test_pool_config("p", {1, 1, 1}));
  Pool pool(0);
  pool.update(snapshot);
  EXPECT_EQ(picks(pool, 4), "1231");
  const std::vector<Flip> flips = {{snapshot->members[1].backend->id(), {State::unhealthy, 1}}};
  pool.update(with_flips(*kept.back(), 0, flips)->pools[0]);
  EXPECT_EQ(picks(pool, 100).find('2'), std::string::npos);
}

TEST_F(PoolTest, ALeaseCountsUntilItEnds) {
  auto snapshot = snapshot_of(test_pool_config("p", {1}));
  const Backend& backend = *snapshot->members[0].backend;
  Pool pool(0);
  pool.update(snapshot);
  {
    auto first = pool.pick({}, {}, random, now);
    auto second = pool.pick({}, {}, random, now);
    EXPECT_EQ(backend.active(), 2u);
    EXPECT_TRUE(pool.in_use());
    first->report(Outcome::success(200, 1ms), now);
    EXPECT_EQ(backend.active(), 2u);
    Lease moved = std::move(*first);
    first = std::unexpected(Refusal::full);
    EXPECT_EQ(backend.active(), 2u);
    moved = std::move(*second);
    EXPECT_EQ(backend.active(), 1u);
  }
  EXPECT_EQ(backend.active(), 0u);
  EXPECT_FALSE(pool.in_use());
}

TEST_F(PoolTest, GivesLeaveToRetryByTheWorkAtItsCandidates) {
  auto snapshot = snapshot_of(test_pool_config("p", {1, 1}));
  Pool pool(0);
  Pool other(1);
  pool.update(snapshot);
  other.update(snapshot);
  std::vector<Lease> work;
  std::vector<RetryLeave> retries;
  const auto ask = [&](Pool& of) { return bool(retries.emplace_back(of.leave_to_retry(20, {}))); };
  for (int i = 0; i < 19; ++i) work.push_back(*pool.pick({}, {}, random, now));
  EXPECT_TRUE(ask(pool) && ask(other) && ask(pool));
  EXPECT_FALSE(ask(other));
  work.push_back(*other.pick({}, {}, random, now));
  EXPECT_TRUE(ask(pool));
  EXPECT_FALSE(ask(pool));
  EXPECT_EQ(snapshot->series->retries.in_flight(), 4u);
  EXPECT_EQ(totals_of(snapshot->series->tally).unbudgeted, 2u);
}

TEST_F(PoolTest, CountsEachOutcomeOnce) {
  auto snapshot = snapshot_of(test_pool_config("p", {1}));
  Pool pool(0);
  pool.update(snapshot);
  pool.pick({}, {}, random, now)->report(Outcome::success(200, 5ms), now);
  pool.pick({}, {}, random, now)
      ->report(Outcome::failure(Error{Code::reset, Side::upstream, Again::no, {}}), now);
  pool.pick({}, {}, random, now)
      ->report(Outcome::failure(Error{Code::timeout, Side::downstream, Again::no, {}}), now);
  pool.pick({}, {}, random, now);
  const auto totals = totals_of(snapshot->members[0].backend->tally());
  EXPECT_EQ(totals.requests, (CodeTotals{{"200", 1}}));
  EXPECT_EQ(totals.latency.count(), 1u);
  EXPECT_EQ(totals.errors[size_t(Code::reset)], 1u);
  EXPECT_EQ(totals.errors[size_t(Code::timeout)], 0u);
  EXPECT_EQ(totals.errors[size_t(Code::cancelled)], 2u);
}

TEST_F(PoolTest, WhatWeCouldNotDoIsNoErrorOfTheBackend) {
  auto snapshot = snapshot_of(test_pool_config("p", {1}));
  Pool pool(0);
  pool.update(snapshot);
  pool.pick({}, {}, random, now)
      ->report(Outcome::failure(Error{Code::exhausted, Side::internal, Again::yes, {}}), now);
  const auto totals = totals_of(snapshot->members[0].backend->tally());
  EXPECT_EQ(totals.errors, ErrorTotals{});
  EXPECT_EQ(totals_of(snapshot->series->tally).errors[size_t(Code::exhausted)], 1u);
}

TEST_F(PoolTest, AResponseCutShortIsARequestAndAnError) {
  auto snapshot = snapshot_of(test_pool_config("p", {1}));
  Pool pool(0);
  pool.update(snapshot);
  auto outcome = Outcome::failure(Error{Code::closed, Side::upstream, Again::no, {}});
  outcome.status = 200;
  EXPECT_EQ(pool.pick({}, {}, random, now)->report(outcome, now), Notice::nothing);
  const auto totals = totals_of(snapshot->members[0].backend->tally());
  EXPECT_EQ(totals.requests.at("200"), 1u);
  EXPECT_EQ(totals.errors[size_t(Code::closed)], 1u);
}

TEST_F(PoolTest, TellsOfFailedConnectsButNotForEver) {
  auto snapshot = snapshot_of(test_pool_config("p", {1}));
  Pool pool(0);
  pool.update(snapshot);
  const auto refused = Outcome::failure(Error{Code::refused, Side::upstream, Again::no, {}});
  auto told = [&](int tries) {
    int count = 0;
    for (int i = 0; i < tries; ++i) {
      count += pool.pick({}, {}, random, now)->report(refused, now) == Notice::trouble;
    }
    return count;
  };
  EXPECT_EQ(told(200), 100);
  pool.pick({}, {}, random, now)->report(Outcome::success(200, 1ms), now);
  EXPECT_EQ(told(1), 1);
}

TEST_F(PoolTest, TellsOfErrorsInARowOnceForEachRow) {
  auto snapshot = snapshot_of(test_pool_config("p", {1}));
  Pool pool(0), other(1);
  pool.update(snapshot);
  other.update(snapshot);
  const auto told = [&](Pool& by, uint16_t status) {
    return by.pick({}, {}, random, now)->report(Outcome::success(status, 1ms), now) ==
           Notice::trouble_in_row;
  };
  const auto row = [&](int errors) {
    int count = 0;
    for (int i = 0; i < errors; ++i) count += told(i % 2 == 0 ? pool : other, 503);
    return count;
  };
  EXPECT_EQ(row(4), 0);
  EXPECT_TRUE(told(other, 500));
  EXPECT_EQ(row(20), 0);
  EXPECT_FALSE(told(pool, 200));
  EXPECT_EQ(snapshot->members[0].backend->errors_in_row(), 0u);
  EXPECT_EQ(row(5), 1);
}

TEST_F(PoolTest, WorkThatLastsCountsAsWellBeforeItEnds) {
  auto snapshot = snapshot_of(test_pool_config("p", {1}));
  Pool pool(0);
  pool.update(snapshot);
  for (int i = 0; i < 4; ++i)
    pool.pick({}, {}, random, now)->report(Outcome::success(500, 1ms), now);
  auto lasting = pool.pick({}, {}, random, now);
  lasting->works();
  EXPECT_EQ(snapshot->members[0].backend->errors_in_row(), 0u);
  lasting->report(Outcome::success(101, 1ms), now);
  EXPECT_EQ(rate_of(snapshot->members[0].backend->tally()), (Rate{5, 4}));
}

TEST_F(PoolTest, ARetryGoesElsewhereAndIsCounted) {
  auto snapshot = snapshot_of(test_pool_config("p", {1, 1}));
  Pool pool(0);
  pool.update(snapshot);
  Tried tried;
  tried.exclude(snapshot->members[0].backend->id());
  EXPECT_EQ(picks(pool, 3, tried), "222");
  tried.exclude(snapshot->members[1].backend->id());
  EXPECT_EQ(picks(pool, 1, tried), "-");
  EXPECT_EQ(totals_of(snapshot->series->tally).retries, 3u);
  EXPECT_EQ(totals_of(snapshot->series->tally).rejected, 0u) << "a backend was usable";
  EXPECT_EQ(totals_of(snapshot->members[1].backend->tally()).retries, 3u);
}

TEST_F(PoolTest, AnAvoidedBackendIsTakenWhenNoneIsLeft) {
  auto snapshot = snapshot_of(test_pool_config("p", {1, 1}));
  Pool pool(0);
  pool.update(snapshot);
  Tried tried;
  tried.avoid(snapshot->members[0].backend->id());
  EXPECT_EQ(picks(pool, 2, tried), "22");
  tried.exclude(snapshot->members[1].backend->id());
  EXPECT_EQ(picks(pool, 2, tried), "11");
}

TEST_F(PoolTest, NobodyEligibleIsAnAnswer) {
  Pool pool(0);
  const auto snapshot = snapshot_of(test_pool_config("p", {1, 1}), State::unhealthy);
  pool.update(snapshot);
  EXPECT_EQ(picks(pool, 2), "--");
  EXPECT_EQ(totals_of(snapshot->series->tally).rejected, 2u);
  pool.update(snapshot_of(test_pool_config("p", {})));
  EXPECT_EQ(picks(pool, 1), "-");
}

TEST_F(PoolTest, LeastTimeLearnsFromWhatIsReported) {
  auto snapshot = snapshot_of(test_pool_config("p", {1, 1}, "least_time"));
  Pool pool(0);
  pool.update(snapshot);
  const auto serve = [&](const Outcome& first, const Outcome& second) {
    auto lease = pool.pick({}, {}, random, now);
    const bool is_first = &lease->backend() == snapshot->members[0].backend.get();
    now += 10ms;
    lease->report(is_first ? first : second, now);
  };
  for (int i = 0; i < 2; ++i) serve(Outcome::success(200, 50ms), Outcome::success(200, 20ms));
  EXPECT_EQ(picks(pool, 4), "2222");
  // Errors within a moment do not make it the quickest.
  auto quick_error = Outcome::success(500, 10us);
  EXPECT_EQ(snapshot->members[0].backend->load().response.expected(Meter::mean, now), 50e6);
  Tried second;
  second.exclude(snapshot->members[1].backend->id());
  pool.pick({}, second, random, now)->report(quick_error, now);
  EXPECT_EQ(snapshot->members[0].backend->load().response.expected(Meter::mean, now), 50e6);
  // One that let a request hang for a minute is slow, although it never answered.
  auto lease = pool.pick({}, second, random, now);
  now += 60s;
  lease->report(Outcome::failure(Error{Code::timeout, Side::upstream, Again::no, {}}), now);
  EXPECT_GT(snapshot->members[0].backend->load().response.expected(Meter::mean, now), 10e9);
}

TEST_F(PoolTest, AKeyStaysWithItsBackendOverAllWorkersAndSnapshots) {
  const auto config = test_pool_config("p", {1, 1, 1, 1}, "maglev");
  Pool one(0), other(1);
  one.update(snapshot_of(config));
  other.update(snapshot_of(config));
  for (int i = 0; i < 100; ++i) {
    const Key key = key_of(std::to_string(i));
    EXPECT_EQ(&one.pick(key, {}, random, now)->backend(),
              &other.pick(key, {}, random, now)->backend());
  }
}

TEST_F(PoolTest, ALeaseOutlivesItsBackendsMembership) {
  Pool pool(0);
  pool.update(snapshot_of(test_pool_config("p", {1})));
  auto lease = pool.pick({}, {}, random, now);
  std::weak_ptr<Backend> watch = kept.back()->pools[0]->members[0].backend;
  pool.update(snapshot_of(test_pool_config("p", {})));
  kept.clear();
  pool.update(snapshot_of(test_pool_config("p", {})));
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(lease->backend().active(), 1u);
  lease->report(Outcome::success(200, 1ms), now);
  lease = std::unexpected(Refusal::full);
  pool.update(snapshot_of(test_pool_config("p", {})));
  EXPECT_TRUE(watch.expired());
}

TEST_F(PoolTest, KeepsItsTurnWhenNothingChangedForIt) {
  Pool pool(0);
  pool.update(snapshot_of(test_pool_config("p", {5, 3, 2})));
  const std::string first = picks(pool, 4);
  pool.update(snapshot_of(test_pool_config("p", {5, 3, 2})));
  EXPECT_EQ(first + picks(pool, 6), "1231121321");
}

TEST_F(PoolTest, TakesAnotherAlgorithm) {
  Pool pool(0);
  pool.update(snapshot_of(test_pool_config("p", {1, 1}, "round_robin")));
  pool.update(snapshot_of(test_pool_config("p", {1, 1}, "least_connections")));
  auto busy = pool.pick({}, {}, random, now);
  const std::string other = busy->backend().text().ends_with('1') ? "222" : "111";
  EXPECT_EQ(picks(pool, 3), other);
}

// Workers on their own threads, with their own pools: the shared counts are exact and end at zero.
TEST_F(PoolTest, ActiveCountsAreExactOverAllWorkers) {
  constexpr int kWorkers = 4;
  auto snapshot = snapshot_of(test_pool_config("p", {1, 2, 3}, "least_connections"));
  std::vector<std::thread> workers;
  for (int w = 0; w < kWorkers; ++w) {
    workers.emplace_back([&, w] {
      Random mine(static_cast<uint64_t>(w));
      Pool pool(static_cast<uint32_t>(w));
      pool.update(snapshot);
      std::vector<Lease> held;
      for (int i = 0; i < 20'000; ++i) {
        if (held.size() > 10) held.erase(held.begin() + mine.below(10));
        held.push_back(*pool.pick({}, {}, mine, now));
        held.back().report(Outcome::success(200, 1ms), now);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  uint64_t requests = 0;
  for (const Member& member : snapshot->members) {
    EXPECT_EQ(member.backend->active(), 0u);
    requests += totals_of(member.backend->tally()).requests.at("200");
  }
  EXPECT_EQ(requests, kWorkers * 20'000u);
}

TEST_F(PoolTest, RandomUseLosesNoLease) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random chance(seed);
    Registry own(1);
    auto config = test_config({test_pool_config("p", {1, 2, 3, 4}, "power_of_two")});
    auto snapshot = make_snapshot(config, own, 1, 1, all_are(State::healthy));
    const auto members = snapshot->pools[0]->members;
    Pool pool(0);
    pool.update(snapshot->pools[0]);
    std::vector<Lease> held;
    for (int i = 0; i < 2000; ++i) {
      const uint32_t what = chance.below(10);
      if (what < 5) {
        if (auto lease = pool.pick({}, {}, chance, now)) held.push_back(std::move(*lease));
      } else if (what < 9) {
        if (!held.empty()) held.erase(held.begin() + chance.below(uint32_t(held.size())));
      } else {
        const Flip flip{members[chance.below(4)].backend->id(),
                        {kStates[chance.below(kStates.size())], chance.below(5)}};
        snapshot = with_flips(*snapshot, 0, std::span(&flip, 1));
        pool.update(snapshot->pools[0]);
      }
      uint64_t active = 0;
      for (const Member& member : members) active += member.backend->active();
      ASSERT_EQ(active, held.size());
    }
    held.clear();
    for (const Member& member : members) ASSERT_EQ(member.backend->active(), 0u);
  }
}

// ---- clients that are kept ------------------------------------------------------------

class KeptTest : public PoolTest {
 protected:
  PoolConfig config = [] {
    PoolConfig pool = test_pool_config("p", {1, 1, 1});
    pool.sticky.kind = StickyConfig::Kind::cookie;
    return pool;
  }();
  Pool pool{0};
  std::shared_ptr<const PoolSnapshot> snapshot;

  void serve() {
    snapshot = snapshot_of(config);
    pool.update(snapshot);
  }
  uint32_t id(size_t member) const { return snapshot->members[member].backend->id(); }
  void flip(size_t member, Standing standing) {
    const Flip one{id(member), standing};
    kept.push_back(with_flips(*kept.back(), 0, std::span(&one, 1)));
    pool.update(kept.back()->pools[0]);
  }
  // Whether someone kept at the member goes there, at each of several picks.
  bool goes_to(size_t member, const Tried& tried = {}) {
    int there = 0;
    for (int i = 0; i < 6; ++i) {
      auto lease = pool.pick({.kept_at = id(member)}, tried, random, now);
      there += lease && lease->backend().id() == id(member);
    }
    EXPECT_TRUE(there == 6 || there < 4);
    return there == 6;
  }
};

TEST_F(KeptTest, GoWhereTheyAreWhateverTheBalancerWouldDo) {
  serve();
  for (size_t member = 0; member < 3; ++member) EXPECT_TRUE(goes_to(member));
}

TEST_F(KeptTest, StayAtWhoeverServesOrLingers) {
  serve();
  for (const State state : kStates) {
    flip(1, {state, 1});
    EXPECT_EQ(goes_to(1), serves(state)) << name_of(state);
  }
  flip(1, {.state = State::draining, .lingers = true});
  EXPECT_TRUE(goes_to(1));
  EXPECT_EQ(picks(pool, 30).find('2'), std::string::npos);
}

TEST_F(KeptTest, StayAtWhoHasNoWeightOrIsABackup) {
  config.backends[0].weight = 0;
  config.backends[1].backup = true;
  serve();
  EXPECT_EQ(picks(pool, 3), "333");
  EXPECT_TRUE(goes_to(0));
  EXPECT_TRUE(goes_to(1));
}

TEST_F(KeptTest, GoElsewhereWhereTheirBackendWasTriedIsFullOrGone) {
  config.max_connections = 1;
  serve();
  Tried tried;
  tried.exclude(id(0));
  EXPECT_FALSE(goes_to(0, tried));
  auto full = pool.pick({.kept_at = id(0)}, {}, random, now);
  ASSERT_TRUE(full);
  auto other = pool.pick({.kept_at = id(0)}, {}, random, now);
  ASSERT_TRUE(other);
  EXPECT_NE(other->backend().id(), id(0));
  EXPECT_TRUE(pool.pick({.kept_at = 999}, {}, random, now));
}

TEST_F(KeptTest, MeanNothingInAPoolThatIsNotSticky) {
  config.sticky = {};
  config.backends[0].weight = 0;
  serve();
  EXPECT_FALSE(goes_to(0));
}

TEST_F(KeptTest, LeaveABackendThatAReloadRemovesWhileItsLeasesEnd) {
  serve();
  const uint32_t gone = id(2);
  auto lease = pool.pick({.kept_at = gone}, {}, random, now);
  config.backends.pop_back();
  serve();
  auto other = pool.pick({.kept_at = gone}, {}, random, now);
  ASSERT_TRUE(other);
  EXPECT_NE(other->backend().id(), gone);
}

}  // namespace
}  // namespace fairlead::core
