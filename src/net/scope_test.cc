#include "net/scope.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "net/event.h"
#include "net/wait.h"

namespace fairlead::net {
namespace {

struct Bench {
  ReadyQueue ready;
  AlarmWheel wheel{Instant(1000s)};
  std::array<Event, 3> events;
  std::vector<int> ended;
  std::vector<int> dropped;
};

// Notes its number where its task came to its end, and where it was dropped before.
struct Note {
  Bench& bench;
  int number;
  bool ended = false;
  ~Note() { (ended ? bench.ended : bench.dropped).push_back(number); }
};

Task<void> wait_for_event(Bench& bench, int number) {
  Note note{bench, number};
  Alarm alarm(bench.wheel);
  co_await wait_for(alarm, kNever, bench.events[static_cast<size_t>(number)]);
  note.ended = true;
}

TEST(Scope, RunsATaskAtOnceUpToItsFirstWait) {
  Bench bench;
  Scope scope;
  bench.events[0].set_quietly();
  scope.spawn(wait_for_event(bench, 0));
  EXPECT_EQ(bench.ended, std::vector{0});
  EXPECT_TRUE(scope.empty());
  scope.spawn(wait_for_event(bench, 1));
  EXPECT_FALSE(scope.empty());
}

TEST(Scope, ATaskThatEndsLeaves) {
  Bench bench;
  Scope scope;
  for (int i = 0; i < 3; ++i) scope.spawn(wait_for_event(bench, i));
  bench.events[1].set(bench.ready);
  bench.ready.run();
  EXPECT_EQ(bench.ended, std::vector{1});
  EXPECT_FALSE(scope.empty());
  bench.events[0].set(bench.ready);
  bench.events[2].set(bench.ready);
  bench.ready.run();
  EXPECT_EQ(bench.ended, (std::vector{1, 0, 2}));
  EXPECT_TRUE(scope.empty());
  EXPECT_TRUE(bench.dropped.empty());
}

TEST(Scope, DropsWhatIsLeftWhenItDies) {
  Bench bench;
  {
    Scope scope;
    for (int i = 0; i < 3; ++i) scope.spawn(wait_for_event(bench, i));
    bench.events[1].set(bench.ready);
    bench.ready.run();
  }
  EXPECT_EQ(bench.dropped, (std::vector{0, 2}));
}

TEST(Scope, CancelledIsEmptyAndMayBeUsedAgain) {
  Bench bench;
  Scope scope;
  scope.spawn(wait_for_event(bench, 0));
  scope.cancel_all();
  EXPECT_TRUE(scope.empty());
  EXPECT_EQ(bench.dropped, std::vector{0});
  scope.spawn(wait_for_event(bench, 0));
  bench.events[0].set(bench.ready);
  bench.ready.run();
  EXPECT_EQ(bench.ended, std::vector{0});
}

TEST(Scope, ATaskMaySpawnIntoItsOwnScope) {
  Bench bench;
  Scope scope;
  scope.spawn([](Scope& own, Bench& b) -> Task<void> {
    own.spawn(wait_for_event(b, 0));
    own.spawn(wait_for_event(b, 1));
    co_return;
  }(scope, bench));
  bench.events[1].set(bench.ready);
  bench.ready.run();
  EXPECT_EQ(bench.ended, std::vector{1});
  scope.cancel_all();
  EXPECT_EQ(bench.dropped, std::vector{0});
}

TEST(Scope, OneTaskMayDropTheScopeOfOthers) {
  Bench bench;
  Scope killer;
  Scope victims;
  victims.spawn(wait_for_event(bench, 0));
  killer.spawn([](Scope& others, Bench& b) -> Task<void> {
    Alarm alarm(b.wheel);
    co_await wait_for(alarm, kNever, b.events[1]);
    others.cancel_all();
  }(victims, bench));
  // Both are ready in the same turn; whoever is dropped by the first is not run as the second.
  bench.events[1].set(bench.ready);
  bench.events[0].set(bench.ready);
  bench.ready.run();
  EXPECT_EQ(bench.dropped, std::vector{0});
  EXPECT_TRUE(bench.ended.empty());
}

}  // namespace
}  // namespace fairlead::net
