#include "base/rfc3339.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>

#include "base/random.h"

namespace fairlead {
namespace {

TEST(Rfc3339, OfTheEpoch) { EXPECT_EQ(rfc3339(WallTime()), "1970-01-01T00:00:00.000Z"); }

TEST(Rfc3339, RoundsDownToTheMillisecond) {
  EXPECT_EQ(rfc3339(WallTime(1s - 1ns)), "1970-01-01T00:00:00.999Z");
  EXPECT_EQ(rfc3339(WallTime(999'999ns)), "1970-01-01T00:00:00.000Z");
}

TEST(Rfc3339, BeforeTheEpochRoundsDownToo) {
  EXPECT_EQ(rfc3339(WallTime(-1ns)), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, OfALeapDay) {
  const WallTime day = std::chrono::sys_days(std::chrono::year(2028) / 2 / 29);
  EXPECT_EQ(rfc3339(day + 23h + 59min + 59s + 7ms), "2028-02-29T23:59:59.007Z");
}

TEST(Rfc3339, AgreesWithTheCLibrary) {
  Random random(1);
  for (int i = 0; i < 10'000; ++i) {
    const time_t seconds = random.below(4'000'000'000u);
    tm parts;
    gmtime_r(&seconds, &parts);
    char expected[32];
    strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000Z", &parts);
    ASSERT_EQ(rfc3339(WallTime(std::chrono::seconds(seconds))), expected);
  }
}

}  // namespace
}  // namespace fairlead
