#include "base/log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fairlead {
namespace {

using std::chrono::sys_days;

struct Lines : LogSink {
  void write(Level level, std::string_view line) override {
    levels.push_back(level);
    lines.emplace_back(line);
  }
  std::vector<Level> levels;
  std::vector<std::string> lines;
};

constexpr WallTime kTime = sys_days(std::chrono::year(2026) / 11 / 21) + 8h + 6min + 9s + 123ms;

TEST(Log, WritesTimeLevelAndMessage) {
  Lines lines;
  Log log(lines, [] { return kTime; });
  log.warning("backend {} has {} errors", "10.0.0.1:80", 3);
  ASSERT_EQ(lines.lines.size(), 1u);
  EXPECT_EQ(lines.lines[0], "2026-11-21T08:06:09.123Z warning backend 10.0.0.1:80 has 3 errors\n");
  EXPECT_EQ(lines.levels[0], Level::warning);
}

TEST(Log, ReadsTheClockForEachLine) {
  Lines lines;
  WallTime now = kTime;
  Log log(lines, [&now] { return now; });
  log.info("one");
  now += 1s;
  log.info("two");
  EXPECT_EQ(lines.lines[1], "2026-11-21T08:06:10.123Z info two\n");
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  Lines lines;
  Log log(lines, [] { return kTime; }, Level::warning);
  log.debug("a");
  log.info("b");
  log.warning("c");
  log.error("d");
  EXPECT_EQ(lines.levels, (std::vector{Level::warning, Level::error}));
  EXPECT_FALSE(log.is_on(Level::info));
  log.set_least(Level::debug);
  log.debug("e");
  EXPECT_EQ(lines.lines.back(), "2026-11-21T08:06:09.123Z debug e\n");
}

TEST(Log, KeepsALineOneLineWhateverIsInIt) {
  EXPECT_EQ(log_line(kTime, Level::info,
                     "a\nb\r\tc\x01"
                     "d\x7f\x1b[31m"),
            "2026-11-21T08:06:09.123Z info a\\nb\\r\\tc\\x01d\\x7f\\x1b[31m\n");
}

TEST(Log, EscapesZeroBytesAndC1ControlsAndKeepsOtherText) {
  EXPECT_EQ(log_line(kTime, Level::info, std::string_view("\0", 1)),
            "2026-11-21T08:06:09.123Z info \\x00\n");
  EXPECT_EQ(log_line(kTime, Level::info,
                     "\xc2\x9b"
                     "31m caf\xc3\xa9 \xc2\xa3 \xc2"),
            "2026-11-21T08:06:09.123Z info \\xc2\\x9b31m caf\xc3\xa9 \xc2\xa3 \xc2\n");
}

TEST(Log, TakesMessagesOfAnyLength) {
  Lines lines;
  Log log(lines, [] { return kTime; });
  log.error("{}", std::string(100'000, 'x'));
  EXPECT_EQ(lines.lines[0].size(), 24 + 1 + 5 + 1 + 100'000 + 1);
}

}  // namespace
}  // namespace fairlead
