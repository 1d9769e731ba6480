#include "core/simulate/access_log.h"

#include <gtest/gtest.h>

namespace fairlead::core {
namespace {

constexpr std::string_view kLine =
    R"({"time":"2026-11-21T08:06:09.500Z","protocol":"http","listener":"web","route":"api",)"
    R"("pool":"app","backend":"127.0.0.1:9001","client":"203.0.113.7","client_port":5000,)"
    R"("method":"GET","host":"shop.example","uri":"/a?x=1","status":200,"duration_ms":500.000})";

TEST(AccessLog, ARequestBeganItsDurationBeforeItsLine) {
  const auto request = parse_log_line(kLine);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->pool, "app");
  EXPECT_EQ(request->began,
            std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + 8h + 6min + 9s);
}

TEST(AccessLog, OtherLinesAreNone) {
  for (const char* line :
       {"", "{", "[]", "2026-11-21 GET / 200", R"({"time":"yesterday"})", R"({"time":5})"}) {
    EXPECT_FALSE(parse_log_line(line)) << line;
  }
}

std::string line_at(int second, int duration_ms, std::string_view pool) {
  return fmt::format(
      R"({{"time":"2026-11-21T08:06:{:02}.000Z","pool":"{}","client":"10.0.0.1","duration_ms":{}}})",
      second, pool, duration_ms);
}

TEST(AccessLog, ArrivalsOfOnePoolInOrderOfTheirBeginning) {
  LogReader reader("app");
  reader.take(line_at(5, 0, "app"));
  reader.take(line_at(6, 4000, "app"));
  reader.take(line_at(6, 0, "other"));
  reader.take("no line");
  reader.take("");
  EXPECT_EQ(reader.lines(), 4U);
  EXPECT_EQ(reader.skipped(), 1U);
  const auto arrivals = reader.arrivals();
  ASSERT_EQ(arrivals.size(), 2U);
  EXPECT_EQ(arrivals[0].after, 0s);
  EXPECT_EQ(arrivals[1].after, 3s);
}

}  // namespace
}  // namespace fairlead::core
