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

TEST(StatusReport, ShowsCertificates) {
  constexpr std::string_view status =
      R"({"version":"0.1.0","pid":77,"uptime_seconds":200,"generation":3,"workers":2,"listeners":[
      {"name":"web","addresses":[":443"],"protocol":"http","connections":4,"certificates":[
        {"certificate":"a.crt","names":["a.example","b.example"],"key":"EC P-256",
         "expires":"2027-01-01T00:00:00.000Z"}]}]})";
  const std::string text = status_report(status, R"({"pools":[]})", Colour::off).value();
  EXPECT_TRUE(text.contains("web       http (TLS)  :443               4\n")) << text;
  EXPECT_TRUE(
      text.contains("LISTENER  CERTIFICATE  KEY       EXPIRES     NAMES\n"
                    "web       a.crt        EC P-256  2027-01-01  a.example, b.example\n"))
      << text;
}

TEST(StatusReport, ColoursTheStateWhereItIsWanted) {
  const auto text = status_report(kStatus, kPools, Colour::on).value();
  EXPECT_NE(text.find("\x1b[32mhealthy\x1b[0m"), std::string::npos);
  EXPECT_NE(text.find("\x1b[31munhealthy\x1b[0m"), std::string::npos);
}

TEST(StatusReport, CountsDrainsDownAndShowsWhoIsGoneFromTheFile) {
  constexpr std::string_view pools = R"({"pools":[{"name":"api","backends":[
    {"address":"a:1","state":"draining","reason":"draining by order","weight":3,"file_weight":5,
     "drain":{"drained":false,"left":2,"seconds_left":11.6}},
    {"address":"a:2","state":"draining","reason":"drained",
     "drain":{"drained":true,"left":0,"seconds_left":0}},
    {"address":"a:3","state":"healthy","reason":"x","drain":{"drained":7}}]}],
    "leaving":[{"pool":"old","address":"a:4","drain":{"drained":false,"left":1,"seconds_left":3}},8]})";
  const auto text = status_report(kStatus, pools, Colour::off).value();
  EXPECT_NE(
      text.find("  draining by order; 2 left, 12 s to go (weight 3 by order, 5 in the file)\n"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("  drained\n"), std::string::npos);
  EXPECT_NE(text.find("old   a:4      removed"), std::string::npos);
  EXPECT_NE(text.find("  no longer in the file; 1 left, 3 s to go\n"), std::string::npos);
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
