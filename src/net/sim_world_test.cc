#include "net/sim_world.h"

#include <gtest/gtest.h>

#include <vector>

#include "net/scope.h"
#include "net/test_sim.h"

namespace fairlead::net {
namespace {

using Ended = SimWorld::Ended;

TEST(SimWorld, JumpsToTheNextAlarm) {
  SimBench bench;
  Scope scope;
  std::vector<Duration> rang;
  const Instant start = bench.world.now();
  scope.spawn([](SimNetwork& network, std::vector<Duration>& r, Instant s) -> Task<void> {
    Alarm alarm(network.wheel());
    for (const Duration span : {Duration(1s), Duration(1h), Duration(100ms)}) {
      co_await sleep_until(alarm, network.now() + span);
      r.push_back(network.now() - s);
    }
  }(bench.client, rang, start));
  EXPECT_EQ(bench.world.run_until_idle(kNever), Ended::idle);
  ASSERT_EQ(rang.size(), 3u);
  EXPECT_GE(rang[0], 1s);
  EXPECT_GE(rang[1], 1h + 1s);
  EXPECT_LE(rang[2], 1h + 1100ms + 3 * AlarmWheel::kTick);
}

TEST(SimWorld, StopsAtTheDeadline) {
  SimBench bench;
  const Instant start = bench.world.now();
  Scope scope;
  scope.spawn([](SimNetwork& network) -> Task<void> {
    Alarm alarm(network.wheel());
    while (true) co_await sleep_until(alarm, network.now() + 1s);
  }(bench.client));
  EXPECT_EQ(bench.world.run_until_idle(start + 90s), Ended::late);
  EXPECT_EQ(bench.world.now(), start + 90s);
  EXPECT_EQ(
      bench.world.wall_now() - WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)),
      90s);
}

TEST(SimWorld, SaysWhenItIsDead) {
  SimBench bench;
  Event never;
  Scope scope;
  scope.spawn([](SimNetwork& network, Event& event) -> Task<void> {
    Alarm alarm(network.wheel());
    co_await wait_for(alarm, kNever, event);
  }(bench.client, never));
  EXPECT_EQ(bench.wait([] { return false; }), Ended::idle);
}

TEST(SimWorld, SaysWhenSomebodyWakesHimselfForEver) {
  SimBench bench;
  Event event;
  Scope scope;
  scope.spawn([](SimNetwork& network, Event& e) -> Task<void> {
    Alarm alarm(network.wheel());
    while (true) {
      co_await wait_for(alarm, kNever, e);
      e.clear();
      network.post([&network, &e] { e.set(network.ready()); });
    }
  }(bench.client, event));
  event.set(bench.client.ready());
  EXPECT_EQ(bench.wait([] { return false; }), Ended::spinning);
}

TEST(SimWorld, PostedWorkRunsInTheNextTurnOfItsNetwork) {
  SimBench bench;
  std::vector<int> order;
  bench.client.post([&] {
    order.push_back(1);
    bench.server.post([&] { order.push_back(2); });
    bench.client.post([&] { order.push_back(3); });
  });
  EXPECT_TRUE(order.empty());
  EXPECT_EQ(bench.world.run_until_idle(kNever), Ended::idle);
  ASSERT_EQ(order.size(), 3u);
  EXPECT_EQ(order[0], 1);
}

TEST(SimWorld, RunOfANetworkRunsAllUntilItStops) {
  SimBench bench;
  bool other_ran = false;
  bench.server.post([&] {
    other_ran = true;
    bench.client.post([&] { bench.client.stop(); });
  });
  bench.client.run();
  EXPECT_TRUE(other_ran);
  EXPECT_TRUE(bench.client.is_stopped());
  bool after = false;
  bench.client.post([&] { after = true; });
  bench.settle();
  EXPECT_FALSE(after);  // it turns no more
}

}  // namespace
}  // namespace fairlead::net
