#include "core/tally.h"

#include <gtest/gtest.h>

#include <thread>

#include "core/totals.h"

namespace fairlead::core {
namespace {

TEST(StatusCounts, CountsEachCodeAndThenByClass) {
  PerWorker<RouteTally> tallies(1);
  StatusCounts& counts = tallies.of(0).requests;
  for (uint16_t code = 400; code < 416; ++code) counts.add(code);
  counts.add(400);
  counts.add(503);
  counts.add(500);
  counts.add(0);
  counts.add(999);
  const CodeTotals totals = totals_of(tallies).requests;
  EXPECT_EQ(totals.size(), 18u);
  EXPECT_EQ(totals.at("400"), 2u);
  EXPECT_EQ(totals.at("415"), 1u);
  EXPECT_EQ(totals.at("5xx"), 2u);
  EXPECT_EQ(totals.at("other"), 2u);
}

TEST(StatusCounts, WorkWithoutAStatusIsNone) {
  PerWorker<RouteTally> tallies(1);
  tallies.of(0).requests.add(0);
  EXPECT_EQ(totals_of(tallies).requests, (CodeTotals{{"none", 1}}));
}

TEST(PerWorker, BuildsOnlyWhatIsAskedFor) {
  PerWorker<PoolTally> tallies(3);
  int built = 0;
  tallies.each([&](const PoolTally&) { ++built; });
  EXPECT_EQ(built, 0);
  PoolTally& mine = tallies.of(1);
  EXPECT_EQ(&mine, &tallies.of(1));
  tallies.each([&](const PoolTally&) { ++built; });
  EXPECT_EQ(built, 1);
}

TEST(Tally, WorkersShareNoCacheLine) {
  EXPECT_EQ(alignof(BackendTally), 64u);
  EXPECT_EQ(sizeof(BackendTally) % 64, 0u);
  EXPECT_EQ(sizeof(PoolTally) % 64, 0u);
}

// Each worker writes its own while the controller reads: nothing is lost, nothing goes back.
TEST(Tally, IsExactAcrossThreads) {
  constexpr uint32_t kWorkers = 3;
  constexpr uint64_t kEach = 50'000;
  PerWorker<BackendTally> tallies(kWorkers);
  std::atomic<uint32_t> running{kWorkers};
  std::vector<std::thread> workers;
  for (uint32_t w = 0; w < kWorkers; ++w) {
    workers.emplace_back([&, w] {
      for (uint64_t i = 0; i < kEach; ++i) {
        BackendTally& tally = tallies.of(w);
        tally.requests.add(static_cast<uint16_t>(200 + i % 3));
        tally.latency.add(Duration(static_cast<int64_t>(i)));
        tally.errors.add(Code::reset);
      }
      --running;
    });
  }
  uint64_t seen = 0;
  while (running > 0) {
    const uint64_t now = totals_of(tallies).latency.count();
    ASSERT_GE(now, seen);
    seen = now;
  }
  for (std::thread& worker : workers) worker.join();
  const BackendTotals totals = totals_of(tallies);
  uint64_t requests = 0;
  for (const auto& [label, count] : totals.requests) requests += count;
  EXPECT_EQ(requests, kWorkers * kEach);
  EXPECT_EQ(totals.latency.count(), kWorkers * kEach);
  EXPECT_EQ(totals.errors[static_cast<size_t>(Code::reset)], kWorkers * kEach);
}

TEST(Totals, ListenersShowWhatIsOpen) {
  PerWorker<ListenerTally> tallies(2);
  tallies.of(0).opened.add(5);
  tallies.of(0).closed.add(2);
  tallies.of(1).opened.add(4);
  tallies.of(1).bytes_in.add(100);
  const ListenerTotals totals = totals_of(tallies);
  EXPECT_EQ(totals.connections, 7u);
  EXPECT_EQ(totals.opened, 9u);
  EXPECT_EQ(totals.bytes_in, 100u);
}

}  // namespace
}  // namespace fairlead::core
