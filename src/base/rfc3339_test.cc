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

TEST(Rfc3339, IsReadBack) {
  const WallTime time = std::chrono::sys_days(std::chrono::year(2028) / 2 / 29) + 13h + 7ms;
  EXPECT_EQ(parse_rfc3339(rfc3339(time)), time);
}

TEST(Rfc3339, NoOtherFormIsRead) {
  for (const char* text : {"", "2026-11-21", "2026-11-21T08:06:09Z", "2026-11-21 08:06:09.123Z",
                           "2026-02-30T08:06:09.123Z", "2026-11-21T24:06:09.123Z",
                           "2026-11-21T08:06:0x.123Z", "2026-11-21T08:06:09.123+"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

}  // namespace
}  // namespace fairlead
