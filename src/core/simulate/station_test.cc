#include "core/simulate/station.h"

#include <gtest/gtest.h>

#include "core/simulate/event_queue.h"

namespace fairlead::core {
namespace {

constexpr Instant at(Duration span) { return Instant(span); }

TEST(Station, WorksOnSoManyAndTheRestStandInLine) {
  Station station(2);
  EXPECT_TRUE(station.arrive(1, at(0s)));
  EXPECT_TRUE(station.arrive(2, at(0s)));
  EXPECT_FALSE(station.arrive(3, at(1s)));
  EXPECT_FALSE(station.arrive(4, at(1s)));
  std::vector<uint32_t> started;
  const auto start = [&](uint32_t job) { started.push_back(job); };
  station.finish(at(2s), start);
  station.finish(at(3s), start);
  station.finish(at(4s), start);
  EXPECT_EQ(started, (std::vector<uint32_t>{3, 4})) << "first come, first served";
  const StationLoad load = station.read(at(5s));
  EXPECT_EQ(load.requests, 4U);
  EXPECT_EQ(load.max_active, 4U);
  EXPECT_EQ(load.longest_queue, 2U);
  EXPECT_DOUBLE_EQ(load.queue_seconds, 2 * 1 + 1 * 1);
  EXPECT_DOUBLE_EQ(load.busy_seconds, 2 * 4 + 1 * 1);
}

TEST(Station, AReadingBeginsAnew) {
  Station station(1);
  station.arrive(1, at(0s));
  station.read(at(1s));
  const StationLoad load = station.read(at(3s));
  EXPECT_EQ(load.requests, 0U);
  EXPECT_EQ(load.max_active, 1U) << "what is still there";
  EXPECT_DOUBLE_EQ(load.busy_seconds, 2);
}

TEST(EventQueue, GivesTheEarliestAndOfEqualsTheFirst) {
  EventQueue queue;
  queue.put(at(3s), 1, 0);
  queue.put(at(1s), 2, 0);
  queue.put(at(3s), 3, 0);
  queue.put(at(2s), 4, 0);
  std::vector<uint32_t> jobs;
  while (!queue.empty()) jobs.push_back(queue.take().job);
  EXPECT_EQ(jobs, (std::vector<uint32_t>{2, 4, 1, 3}));
}

}  // namespace
}  // namespace fairlead::core
