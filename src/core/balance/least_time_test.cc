#include <gtest/gtest.h>

#include "core/balance/test_pool.h"

namespace fairlead::core {
namespace {

void measure(TestPool& pool, const std::vector<Duration>& times, Meter meter = Meter::mean) {
  for (uint32_t i = 0; i < times.size(); ++i) {
    if (times[i] > 0ms) pool.response(i).add(meter, times[i], pool.now);
  }
}

TEST(LeastTime, PicksTheShortestAverage) {
  TestPool pool({1, 1, 1});
  measure(pool, {50ms, 30ms, 100ms});
  EXPECT_EQ(pool.picks(*pool.balancer("least_time"), 5), "bbbbb");
}

TEST(LeastTime, CountsWhatIsUnderWayAndWeight) {
  TestPool pool({1, 1, 4});
  measure(pool, {50ms, 30ms, 100ms});
  auto balancer = pool.balancer("least_time");
  EXPECT_EQ(pool.picks(*balancer, 1), "c");  // 100 / 4 = 25
  pool.set_active(2, 1);                     // 200 / 4 = 50
  EXPECT_EQ(pool.picks(*balancer, 1), "b");
  pool.set_active(1, 1);  // 60
  pool.set_active(2, 3);  // 100
  EXPECT_EQ(pool.picks(*balancer, 1), "a");
}

TEST(LeastTime, TiesGoInTurn) {
  TestPool pool({1, 1, 1});
  measure(pool, {30ms, 30ms, 50ms});
  EXPECT_EQ(pool.picks(*pool.balancer("least_time"), 4), "abab");
}

TEST(LeastTime, BeforeAnyMeasurementItIsLeastConnections) {
  TestPool pool({1, 1, 1});
  pool.set_active(1, 1);
  EXPECT_EQ(pool.picks(*pool.balancer("least_time"), 4), "acac");
}

TEST(LeastTime, ANewBackendIsTakenForATypicalOne) {
  TestPool pool({1, 1, 1});
  measure(pool, {30ms, 50ms, 0ms});
  auto balancer = pool.balancer("least_time");
  EXPECT_EQ(pool.picks(*balancer, 1), "a");
  pool.set_active(0, 1);  // 60, against 40 for the new one
  EXPECT_EQ(pool.picks(*balancer, 1), "c");
  pool.set_active(2, 1);  // 80, against 50: it does not get everything until its first answer
  EXPECT_EQ(pool.picks(*balancer, 1), "b");
}

// Ten requests a second, one at a time, for three minutes: how many go to each of them. Candidate 0
// has been measured at 2 s, the other answers in 10 ms; `answers`: whether 0 does by now, too.
std::vector<int> three_minutes(const std::string& algorithm, Meter meter, bool answers) {
  TestPool pool({1, 1});
  measure(pool, {2s, 10ms}, meter);
  auto balancer = pool.balancer(algorithm);
  std::vector<int> asked(2);
  for (int i = 0; i < 1800; ++i) {
    pool.now += 100ms;
    const uint32_t picked = *pool.pick(*balancer);
    ++asked[picked];
    pool.response(picked).ask(pool.now);
    if (picked == 1 || answers) pool.response(picked).add(meter, 10ms, pool.now + 10ms);
    if (picked == 0 && !answers) pool.set_active(0, pool.active(0) + 1);
  }
  return asked;
}

TEST(LeastTime, NobodyStarvesOnAnOldMeasurement) {
  // Found to be quick when it is tried after half a minute.
  EXPECT_GE(three_minutes("least_time", Meter::mean, true)[0], 500);
}

TEST(LeastTime, OneThatHangsIsProbedNowAndThenAndNotMoreAndMore) {
  const int asked = three_minutes("least_time", Meter::mean, false)[0];
  EXPECT_GE(asked, 1);
  EXPECT_LE(asked, 8);
}

TEST(PeakEwma, LeavesASpikeAtOnceAndComesBack) {
  TestPool pool({1, 1});
  measure(pool, {10ms, 12ms}, Meter::peak);
  auto balancer = pool.balancer("peak_ewma");
  EXPECT_EQ(pool.picks(*balancer, 10), "aaaaaaaaaa");
  pool.response(0).add(Meter::peak, 800ms, pool.now);
  EXPECT_EQ(pool.picks(*balancer, 10), "bbbbbbbbbb");
  EXPECT_GT(three_minutes("peak_ewma", Meter::peak, true)[0], 100);
}

TEST(PeakEwma, OneThatHangsIsProbedNowAndThen) {
  const int asked = three_minutes("peak_ewma", Meter::peak, false)[0];
  EXPECT_GE(asked, 1);
  EXPECT_LE(asked, 8);
}

TEST(PeakEwma, WeighsTimeAgainstWhatIsUnderWay) {
  TestPool pool({1, 1});
  measure(pool, {10ms, 25ms}, Meter::peak);
  auto balancer = pool.balancer("peak_ewma");
  pool.set_active(0, 1);  // 20
  EXPECT_EQ(pool.picks(*balancer, 5), "aaaaa");
  pool.set_active(0, 2);  // 30
  EXPECT_EQ(pool.picks(*balancer, 5), "bbbbb");
}

TEST(PeakEwma, EqualsFollowTheWeightsWhileIdle) {
  TestPool pool({9, 1});
  measure(pool, {10ms, 10ms}, Meter::peak);
  auto balancer = pool.balancer("peak_ewma");
  EXPECT_NEAR(static_cast<double>(pool.shares(*balancer, 10'000)[1]), 1000, 120);
}

}  // namespace
}  // namespace fairlead::core
