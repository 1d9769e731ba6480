#include "core/balance/response_time.h"

#include <gtest/gtest.h>

namespace fairlead::core {
namespace {

constexpr Instant kStart{1h};

double ms_of(const ResponseTime& response, Meter meter, Instant now) {
  return response.expected(meter, now) / 1e6;
}

TEST(ResponseTime, IsNothingBeforeTheFirstSampleAndThenThatSample) {
  ResponseTime response;
  EXPECT_EQ(response.expected(Meter::mean, kStart), 0);
  response.add(Meter::mean, 50ms, kStart);
  EXPECT_EQ(ms_of(response, Meter::mean, kStart), 50);
}

TEST(ResponseTime, AMeanFollowsWithinSomeTenSeconds) {
  ResponseTime response;
  Instant now = kStart;
  response.add(Meter::mean, 100ms, now);
  for (int i = 0; i < 100; ++i) response.add(Meter::mean, 200ms, now += 100ms);
  EXPECT_NEAR(ms_of(response, Meter::mean, now), 200 - 100 / 2.718, 1);
}

TEST(ResponseTime, ASampleCountsByTheTimeThatItStandsFor) {
  ResponseTime often, rarely;
  often.add(Meter::mean, 100ms, kStart);
  rarely.add(Meter::mean, 100ms, kStart);
  for (int i = 1; i <= 1000; ++i) often.add(Meter::mean, 200ms, kStart + i * 1ms);
  rarely.add(Meter::mean, 200ms, kStart + 1s);
  EXPECT_NEAR(ms_of(often, Meter::mean, kStart + 1s), ms_of(rarely, Meter::mean, kStart + 1s), 1);
}

TEST(ResponseTime, APeakIsTakenAtOnceAndComesDownOverTenSeconds) {
  ResponseTime response;
  response.add(Meter::peak, 10ms, kStart);
  response.add(Meter::peak, 500ms, kStart + 1ms);
  EXPECT_EQ(ms_of(response, Meter::peak, kStart + 1ms), 500);
  response.add(Meter::peak, 10ms, kStart + 10s + 1ms);
  EXPECT_NEAR(ms_of(response, Meter::peak, kStart + 10s + 1ms), 10 + 490 / 2.718, 1);
}

TEST(ResponseTime, FadesWhileNobodyAsks) {
  ResponseTime response;
  response.add(Meter::mean, 800ms, kStart);
  EXPECT_EQ(ms_of(response, Meter::mean, kStart + 10s), 800);
  EXPECT_NEAR(ms_of(response, Meter::mean, kStart + 12s), 400, 1e-6);
  EXPECT_NEAR(ms_of(response, Meter::mean, kStart + 16s), 100, 1e-6);
}

TEST(ResponseTime, CountsInFullAgainOnceWorkWasSent) {
  ResponseTime response;
  response.add(Meter::mean, 800ms, kStart);
  response.ask(kStart + 60s);
  EXPECT_EQ(ms_of(response, Meter::mean, kStart + 61s), 800);
}

TEST(ResponseTime, AFailureNeverMakesItLookQuicker) {
  for (const Meter meter : {Meter::mean, Meter::peak}) {
    ResponseTime response;
    response.add(meter, 100ms, kStart);
    response.add_failure(meter, 1ms, kStart + 5s);
    EXPECT_EQ(ms_of(response, Meter::mean, kStart + 5s), 100);
    response.add_failure(meter, 3s, kStart + 5s);
    EXPECT_GT(ms_of(response, Meter::mean, kStart + 5s), 1000);
  }
}

}  // namespace
}  // namespace fairlead::core
