#include "net/task.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/event.h"
#include "net/scope.h"
#include "net/wait.h"

namespace fairlead::net {
namespace {

// What a loop is to a task, without a loop.
struct Bench {
  ReadyQueue ready;
  AlarmWheel wheel{Instant(1000s)};
  Event event;

  void run() {
    while (!ready.empty()) ready.run();
  }
};

// Says when it dies, so that a test sees frames end.
struct Witness {
  std::vector<std::string>* log;
  std::string name;
  Witness(std::vector<std::string>& log, std::string name) : log(&log), name(std::move(name)) {}
  Witness(const Witness&) = delete;
  ~Witness() { log->push_back(name); }
};

Task<int> seven() { co_return 7; }
Task<int> add(int a) { co_return a + co_await seven(); }
Task<std::unique_ptr<int>> boxed(int value) { co_return std::make_unique<int>(value); }

Task<void> wait_once(Bench& bench) {
  Alarm alarm(bench.wheel);
  co_await wait_for(alarm, kNever, bench.event);
  bench.event.clear();
}

TEST(Task, IsLazy) {
  bool ran = false;
  const auto body = [&ran]() -> Task<void> {
    ran = true;
    co_return;
  };
  {
    auto task = body();
    EXPECT_FALSE(ran);
  }
  EXPECT_FALSE(ran);
}

TEST(Task, GivesTheValueOfNestedTasks) {
  Scope scope;
  int result = 0;
  scope.spawn([](int& result) -> Task<void> { result = co_await add(3); }(result));
  EXPECT_EQ(result, 10);
  EXPECT_TRUE(scope.empty());
}

TEST(Task, GivesValuesThatCanOnlyBeMoved) {
  Scope scope;
  int result = 0;
  scope.spawn([](int& result) -> Task<void> { result = *co_await boxed(5); }(result));
  EXPECT_EQ(result, 5);
}

TEST(Task, GoesOnWhenItsChildHasWaited) {
  Bench bench;
  Scope scope;
  std::vector<std::string> log;
  const auto child = [](Bench& b, std::vector<std::string>& l) -> Task<int> {
    l.push_back("child waits");
    co_await wait_once(b);
    l.push_back("child ends");
    co_return 1;
  };
  const auto parent = [&child](Bench& b, std::vector<std::string>& l) -> Task<void> {
    const int value = co_await child(b, l);
    l.push_back("parent got " + std::to_string(value));
  };
  scope.spawn(parent(bench, log));
  log.push_back("spawned");
  bench.event.set(bench.ready);
  log.push_back("set");
  bench.run();
  EXPECT_EQ(log, (std::vector<std::string>{"child waits", "spawned", "set", "child ends",
                                           "parent got 1"}));
  EXPECT_TRUE(scope.empty());
}

TEST(Task, DroppedWhileWaitingDestroysItsFramesFromTheInside) {
  Bench bench;
  std::vector<std::string> log;
  const auto inner = [](Bench& b, std::vector<std::string>& l) -> Task<void> {
    Witness witness(l, "inner");
    co_await wait_once(b);
    l.push_back("never");
  };
  const auto outer = [&inner](Bench& b, std::vector<std::string>& l) -> Task<void> {
    Witness witness(l, "outer");
    co_await inner(b, l);
    l.push_back("never");
  };
  {
    Scope scope;
    scope.spawn(outer(bench, log));
    EXPECT_TRUE(log.empty());
  }
  EXPECT_EQ(log, (std::vector<std::string>{"inner", "outer"}));
  bench.event.set(bench.ready);  // finds nobody
  EXPECT_TRUE(bench.ready.empty());
}

TEST(Task, DroppedWhileQueuedIsNotRun) {
  Bench bench;
  bool went_on = false;
  {
    Scope scope;
    scope.spawn([](Bench& b, bool& w) -> Task<void> {
      co_await wait_once(b);
      w = true;
    }(bench, went_on));
    bench.event.set(bench.ready);
    EXPECT_FALSE(bench.ready.empty());
  }
  EXPECT_TRUE(bench.ready.empty());
  bench.run();
  EXPECT_FALSE(went_on);
}

TEST(Task, NeverStartedDropsItsArgumentsAndNothingElse) {
  std::vector<std::string> log;
  auto witness = std::make_unique<Witness>(log, "argument");
  const auto body = [](std::unique_ptr<Witness>) -> Task<void> { co_return; };
  {
    auto task = body(std::move(witness));
    EXPECT_TRUE(log.empty());
  }
  EXPECT_EQ(log, std::vector<std::string>{"argument"});
}

uintptr_t stack_now() { return reinterpret_cast<uintptr_t>(__builtin_frame_address(0)); }

TEST(Task, ManyChildrenThatEndAtOnceDoNotGrowTheStack) {
  Scope scope;
  uintptr_t first = 0;
  uintptr_t last = 0;
  const auto child = []() -> Task<uintptr_t> { co_return stack_now(); };
  scope.spawn([](auto& child_of, uintptr_t& f, uintptr_t& l) -> Task<void> {
    f = co_await child_of();
    for (int i = 0; i < 200'000; ++i) l = co_await child_of();
  }(child, first, last));
  EXPECT_EQ(first, last);
}

TEST(Task, ManyChildrenThatWaitDoNotGrowTheStack) {
  Bench bench;
  Scope scope;
  std::vector<uintptr_t> depths;
  scope.spawn([](Bench& b, std::vector<uintptr_t>& d) -> Task<void> {
    for (int i = 0; i < 20'000; ++i) {
      co_await wait_once(b);
      d.push_back(stack_now());
    }
  }(bench, depths));
  while (!scope.empty()) {
    bench.event.set(bench.ready);
    bench.ready.run();
  }
  ASSERT_EQ(depths.size(), 20'000u);
  for (const uintptr_t depth : depths) ASSERT_EQ(depth, depths.front());
}

Task<int> sum_down(Bench& bench, int depth) {
  if (depth == 0) {
    co_await wait_once(bench);
    co_return 0;
  }
  co_return depth + co_await sum_down(bench, depth - 1);
}

TEST(Task, NestsAHundredDeepAroundAWait) {
  Bench bench;
  Scope scope;
  int sum = 0;
  scope.spawn([](Bench& b, int& s) -> Task<void> { s = co_await sum_down(b, 100); }(bench, sum));
  EXPECT_EQ(sum, 0);
  bench.event.set(bench.ready);
  bench.run();
  EXPECT_EQ(sum, 5050);
}

TEST(Task, HeldByAVariableMayBeAwaitedLater) {
  Scope scope;
  int result = 0;
  scope.spawn([](int& r) -> Task<void> {
    auto first = add(1);
    auto second = add(2);
    r = co_await second * 100 + co_await first;
  }(result));
  EXPECT_EQ(result, 908);
}

}  // namespace
}  // namespace fairlead::net
