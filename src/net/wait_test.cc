#include "net/wait.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "net/network.h"
#include "net/scope.h"

namespace fairlead::net {
namespace {

struct Bench {
  Instant now = Instant(1000s);
  ReadyQueue ready;
  AlarmWheel wheel{now};
  Event a, b;
  std::vector<Woke> woke;
  Scope scope;  // goes first: its tasks watch what is above

  void pass(Duration span) {
    now += span;
    wheel.turn(now, ready);
    ready.run();
  }
};

Task<void> wait_both(Bench& bench, Duration patience) {
  Alarm alarm(bench.wheel);
  bench.woke.push_back(co_await wait_for(alarm, bench.now + patience, bench.a, bench.b));
}

TEST(Wait, DoesNotSuspendForAnEventThatIsSet) {
  Bench bench;
  bench.b.set_quietly();
  bench.scope.spawn(wait_both(bench, 1s));
  EXPECT_EQ(bench.woke, std::vector{Woke::event});
}

TEST(Wait, AnyOfTheEventsWakes) {
  for (Event Bench::* event : {&Bench::a, &Bench::b}) {
    Bench bench;
    bench.scope.spawn(wait_both(bench, 1s));
    (bench.*event).set(bench.ready);
    EXPECT_TRUE(bench.woke.empty());  // not from inside set()
    bench.ready.run();
    EXPECT_EQ(bench.woke, std::vector{Woke::event});
  }
}

TEST(Wait, BothEventsWakeOnce) {
  Bench bench;
  bench.scope.spawn(wait_both(bench, 1s));
  bench.a.set(bench.ready);
  bench.b.set(bench.ready);
  bench.a.set(bench.ready);
  bench.ready.run();
  EXPECT_TRUE(bench.ready.empty());
  EXPECT_EQ(bench.woke, std::vector{Woke::event});
}

TEST(Wait, TheDeadlineWakes) {
  Bench bench;
  bench.scope.spawn(wait_both(bench, 1s));
  bench.pass(999ms);
  EXPECT_TRUE(bench.woke.empty());
  bench.pass(17ms);
  EXPECT_EQ(bench.woke, std::vector{Woke::deadline});
}

TEST(Wait, AnEventInTheTurnOfTheDeadlineWins) {
  Bench bench;
  bench.scope.spawn(wait_both(bench, 1s));
  bench.now += 2s;
  bench.wheel.turn(bench.now, bench.ready);
  bench.a.set(bench.ready);
  bench.ready.run();
  EXPECT_EQ(bench.woke, std::vector{Woke::event});
}

TEST(Wait, AnEventThatWasTakenAwayAgainWakesForNothing) {
  Bench bench;
  bench.scope.spawn(wait_both(bench, 1s));
  bench.a.set(bench.ready);
  bench.a.clear();
  bench.ready.run();
  EXPECT_EQ(bench.woke, std::vector{Woke::event});  // who waits looks again
}

TEST(Wait, ADroppedWaiterIsForgottenByEventsAndAlarm) {
  Bench bench;
  bench.scope.spawn(wait_both(bench, 1s));
  bench.scope.cancel_all();
  bench.a.set(bench.ready);
  bench.pass(2s);
  EXPECT_TRUE(bench.ready.empty());
  EXPECT_TRUE(bench.woke.empty());
}

TEST(Wait, ANewWaiterMayFollowADroppedOne) {
  Bench bench;
  bench.scope.spawn(wait_both(bench, 1s));
  bench.scope.cancel_all();
  bench.scope.spawn(wait_both(bench, 1s));
  bench.b.set(bench.ready);
  bench.ready.run();
  EXPECT_EQ(bench.woke, std::vector{Woke::event});
}

TEST(Wait, OneAlarmServesManyWaits) {
  Bench bench;
  bench.scope.spawn([](Bench& b) -> Task<void> {
    Alarm alarm(b.wheel);
    for (int i = 0; i < 3; ++i) {
      b.woke.push_back(co_await wait_for(alarm, b.now + 1s, b.a));
      b.a.clear();
    }
  }(bench));
  bench.a.set(bench.ready);
  bench.pass(500ms);
  bench.pass(600ms);  // 1.1 s after the start, 0.6 s after the second wait began
  EXPECT_EQ(bench.woke, std::vector{Woke::event});
  bench.pass(500ms);
  EXPECT_EQ(bench.woke, (std::vector{Woke::event, Woke::deadline}));
  bench.a.set(bench.ready);
  bench.ready.run();
  EXPECT_EQ(bench.woke, (std::vector{Woke::event, Woke::deadline, Woke::event}));
}

TEST(Wait, PassesOverNullEvents) {
  Bench bench;
  bench.scope.spawn([](Bench& b) -> Task<void> {
    Alarm alarm(b.wheel);
    b.woke.push_back(
        co_await wait_for_any(alarm, kNever, std::array<Event*, 3>{nullptr, &b.a, nullptr}));
  }(bench));
  bench.a.set(bench.ready);
  bench.ready.run();
  EXPECT_EQ(bench.woke, std::vector{Woke::event});
}

TEST(Wait, WithoutEventsIsSleep) {
  Bench bench;
  bench.scope.spawn([](Bench& b) -> Task<void> {
    Alarm alarm(b.wheel);
    b.woke.push_back(co_await sleep_until(alarm, b.now + 100ms));
  }(bench));
  bench.pass(99ms);
  EXPECT_TRUE(bench.woke.empty());
  bench.pass(18ms);
  EXPECT_EQ(bench.woke, std::vector{Woke::deadline});
}

TEST(Wait, ADeadlineInThePastWakesInTheNextTick) {
  Bench bench;
  bench.scope.spawn(wait_both(bench, -5s));
  EXPECT_TRUE(bench.woke.empty());
  bench.pass(16ms);
  EXPECT_EQ(bench.woke, std::vector{Woke::deadline});
}

TEST(Wait, WithoutADeadlineNoAlarmIsFiled) {
  Bench bench;
  bench.scope.spawn([](Bench& b) -> Task<void> {
    Alarm alarm(b.wheel);
    b.woke.push_back(co_await wait_for(alarm, kNever, b.a));
  }(bench));
  EXPECT_EQ(bench.wheel.next(), kNever);
}

TEST(EventDeathTest, WatchedByTwoIsAMistake) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Bench bench;
  bench.scope.spawn(wait_both(bench, 1s));
  EXPECT_DEATH(bench.scope.spawn(wait_both(bench, 1s)), "CHECK failed");
}

TEST(ReadyQueue, LeavesWhatJoinsMeanwhileForTheNextRun) {
  Bench bench;
  int rounds = 0;
  bench.scope.spawn([](Bench& b, int& r) -> Task<void> {
    Alarm alarm(b.wheel);
    while (r < 3) {
      co_await wait_for(alarm, kNever, b.a);
      b.a.clear();
      b.b.set(b.ready);
      ++r;
    }
  }(bench, rounds));
  bench.scope.spawn([](Bench& b) -> Task<void> {
    Alarm alarm(b.wheel);
    while (true) {
      co_await wait_for(alarm, kNever, b.b);
      b.b.clear();
      b.a.set(b.ready);
    }
  }(bench));
  bench.a.set(bench.ready);
  bench.ready.run();
  EXPECT_EQ(rounds, 1);
  bench.ready.run();
  EXPECT_EQ(rounds, 1);  // the other one's turn
  bench.ready.run();
  EXPECT_EQ(rounds, 2);
}

}  // namespace
}  // namespace fairlead::net
