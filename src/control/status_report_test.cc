#include "control/status_report.h"

#include <gtest/gtest.h>

namespace fairlead::control {
namespace {

constexpr std::string_view kStatus =
    R"({"version":"0.1.0","pid":77,"uptime_seconds":200,"generation":3,"workers":2,
  "draining":false,"listeners":[{"name":"web","addresses":[":8080"],"protocol":"http","connections":4}]})";
constexpr std::string_view kPools = R"({"pools":[{"name":"api","backends":[
  {"address":"127.0.0.1:9001","state":"healthy","since_seconds":75.2,"reason":"first probe passed","active":2,
   "requests_total":1234,"errors":{"reset":1,"timeout":2},
   "latency":{"count":9,"p50_seconds":0.0012,"p99_seconds":1.5}},
  {"address":"127.0.0.1:9002","state":"unhealthy","since_seconds":0.5,"reason":"connection refused to traffic","active":0,
   "requests_total":0,"errors":{},"latency":{"count":0,"p50_seconds":0,"p99_seconds":0}}]}]})";

TEST(StatusReport, IsOneAlignedTable) {
  EXPECT_EQ(
      status_report(kStatus, kPools, Colour::off).value(),
      "Fairlead 0.1.0, pid 77, up 3 min, configuration 3, 2 workers\n"
      "\n"
      "LISTENER  PROTOCOL  ADDRESS  CONNECTIONS\n"
      "web       http      :8080              4\n"
      "\n"
      "POOL  BACKEND         STATE      SINCE  ACTIVE  REQUESTS  ERRORS     P50  P99  REASON\n"
      "api   127.0.0.1:9001  healthy     75 s       2      1234       3  1.2 ms  2 s  first probe "
      "passed\n"
      "api   127.0.0.1:9002  unhealthy    0 s       0         0       0       -    -  connection "
      "refused to traffic\n");
}

TEST(StatusReport, ColoursTheStateWhereItIsWanted) {
  const auto text = status_report(kStatus, kPools, Colour::on).value();
  EXPECT_NE(text.find("\x1b[32mhealthy\x1b[0m"), std::string::npos);
  EXPECT_NE(text.find("\x1b[31munhealthy\x1b[0m"), std::string::npos);
}

TEST(StatusReport, ReadsAnAnswerWithHolesInIt) {
  EXPECT_TRUE(status_report(R"({"generation":1})", R"({"pools":[{},7,{"backends":[{},null]}]})",
                            Colour::off));
}

TEST(StatusReport, KnowsAnAnswerThatIsNotOfAnInstance) {
  for (const char* other : {"", "[]", "<html>", R"({"status":"ok"})"}) {
    EXPECT_FALSE(status_report(other, kPools, Colour::off)) << other;
    EXPECT_FALSE(status_report(kStatus, other, Colour::off)) << other;
  }
}

}  // namespace
}  // namespace fairlead::control
