#include "core/waiting_line.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "core/pool.h"
#include "core/registry.h"
#include "core/test_snapshot.h"

namespace fairlead::core {
namespace {

class LineTest : public testing::Test {
 protected:
  std::unique_ptr<WaitingLine::Place> join(char name, uint32_t most = 10) {
    return line.join(most, [this, name] { calls += name; });
  }
  WaitingLine line;
  std::string calls;
};

TEST_F(LineTest, OnlyTheFirstIsCalled) {
  auto a = join('a');
  const auto b = join('b'), c = join('c');
  EXPECT_TRUE(a->is_first());
  EXPECT_FALSE(b->is_first());
  line.call_first();
  line.call_first();
  EXPECT_EQ(calls, "a");
  EXPECT_EQ(line.waiting(), 3u);
}

TEST_F(LineTest, WhoFoundNothingIsCalledAgain) {
  const auto a = join('a'), b = join('b');
  line.call_first();
  a->answer_call();
  line.call_first();
  EXPECT_EQ(calls, "aa");
}

TEST_F(LineTest, WhenTheFirstLeavesTheNextIsCalled) {
  auto a = join('a'), b = join('b');
  const auto c = join('c');
  line.call_first();
  a.reset();
  EXPECT_EQ(calls, "ab");
  b.reset();
  EXPECT_EQ(calls, "abc");
}

TEST_F(LineTest, WhoLeavesFromTheMiddleCallsNobody) {
  const auto a = join('a');
  auto b = join('b');
  const auto c = join('c');
  b.reset();
  EXPECT_EQ(calls, "");
  EXPECT_EQ(line.waiting(), 2u);
}

TEST_F(LineTest, IsBounded) {
  auto a = join('a', 2);
  const auto b = join('b', 2);
  EXPECT_EQ(join('c', 2), nullptr);
  EXPECT_EQ(join('d', 0), nullptr);
  a.reset();
  EXPECT_NE(join('c', 2), nullptr);
}

// ---- a pool with limits

class LimitTest : public testing::Test {
 protected:
  std::shared_ptr<const PoolSnapshot> snapshot_of(const std::vector<uint32_t>& weights,
                                                  uint32_t limit, std::string algorithm) {
    PoolConfig config = test_pool_config("p", weights, std::move(algorithm));
    config.max_connections = limit;
    return make_snapshot(test_config({config}), registry, 1, 1, all_are(State::healthy))->pools[0];
  }
  static constexpr Instant now = Instant() + 1s;
  Registry registry{2};
  Random random{7};
};

TEST_F(LimitTest, NoBackendGetsMoreWhateverTheAlgorithm) {
  for (const std::string_view name : balancer_names()) {
    Pool one(0), other(1);
    const auto snapshot = snapshot_of({1, 3, 1, 5}, 3, std::string(name));
    one.update(snapshot);
    other.update(snapshot);
    std::vector<Lease> leases;
    for (int i = 0; i < 12; ++i) {
      auto lease = (i % 2 == 0 ? one : other).pick({}, {}, random, now);
      ASSERT_TRUE(lease) << name << " has room for the " << i << "th";
      leases.push_back(std::move(*lease));
    }
    for (const Member& member : snapshot->members) EXPECT_EQ(member.backend->active(), 3u) << name;
    const auto more = one.pick({}, {}, random, now);
    ASSERT_FALSE(more) << name;
    EXPECT_EQ(more.error(), Refusal::full) << name;
    leases.pop_back();
    EXPECT_TRUE(other.pick({}, {}, random, now)) << name;
  }
}

TEST_F(LimitTest, OneWithRoomAmongManyIsFound) {
  Pool pool(0);
  pool.update(snapshot_of(std::vector<uint32_t>(100, 1), 1, "maglev"));
  std::vector<Lease> leases;
  for (int i = 0; i < 100; ++i) {
    auto lease = pool.pick({}, {}, random, now);
    ASSERT_TRUE(lease) << i;
    leases.push_back(std::move(*lease));
  }
  EXPECT_FALSE(pool.pick({}, {}, random, now));
}

TEST_F(LimitTest, NobodyEligibleIsAnotherAnswer) {
  Pool pool(0);
  pool.update(snapshot_of({}, 1, "round_robin"));
  EXPECT_EQ(pool.pick({}, {}, random, now).error(), Refusal::none_eligible);
}

TEST_F(LimitTest, NobodyOvertakesButARetry) {
  Pool pool(0);
  pool.update(snapshot_of({1, 1}, 1, "round_robin"));
  int called = 0;
  auto place = pool.line().join(10, [&] { ++called; });
  EXPECT_EQ(pool.pick({}, {}, random, now).error(), Refusal::full);
  Tried tried;
  tried.exclude(pool.snapshot().members[0].backend->id());
  EXPECT_TRUE(pool.pick({}, tried, random, now));
  EXPECT_EQ(called, 1) << "its end made room";
  EXPECT_TRUE(pool.pick_in_turn({}, {}, random, now));
}

TEST_F(LimitTest, ALimitThatIsRaisedOrGoneCallsWhoeverWaits) {
  Pool pool(0);
  pool.update(snapshot_of({1}, 1, "round_robin"));
  const auto lease = pool.pick({}, {}, random, now);
  int called = 0;
  auto place = pool.line().join(10, [&] { ++called; });
  pool.update(snapshot_of({1}, 2, "round_robin"));
  EXPECT_EQ(called, 1);
  place->answer_call();
  pool.update(snapshot_of({1}, 0, "round_robin"));
  EXPECT_EQ(called, 2);
  EXPECT_TRUE(pool.pick_in_turn({}, {}, random, now));
}

// Two threads take and leave, and wait where there is no room: the limit holds at every moment, and
// nobody is forgotten.
TEST_F(LimitTest, HoldsOverThreads) {
  constexpr int kTurns = 20'000;
  const auto snapshot = snapshot_of({1}, 1, "round_robin");
  std::atomic<int> inside{0};
  std::atomic<bool> broken{false};
  const auto work = [&](uint32_t worker) {
    Pool pool(worker);
    pool.update(snapshot);
    Random own(worker);
    for (int i = 0; i < kTurns; ++i) {
      std::atomic<bool> called{false};
      auto lease = pool.pick({}, {}, own, now);
      if (!lease) {
        const auto place = pool.line().join(2, [&] { called = true; });
        for (bool look = place->is_first();; look = called.exchange(false)) {
          if (!look) {
            std::this_thread::yield();
            continue;
          }
          place->answer_call();
          lease = pool.pick_in_turn({}, {}, own, now);
          if (lease) break;
        }
      }
      if (inside.fetch_add(1) != 0) broken = true;
      inside.fetch_sub(1);
    }
  };
  std::thread one(work, 0), other(work, 1);
  one.join();
  other.join();
  EXPECT_FALSE(broken);
  EXPECT_EQ(snapshot->series->line.waiting(), 0u);
  EXPECT_EQ(snapshot->members[0].backend->active(), 0u);
}

}  // namespace
}  // namespace fairlead::core
