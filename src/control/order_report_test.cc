#include "control/order_report.h"

#include <gtest/gtest.h>

namespace fairlead::control {
namespace {

TEST(OrderBody, SaysWhatTheApiTakes) {
  EXPECT_EQ(order_body("drain", ""), R"({"state": "draining"})");
  EXPECT_EQ(order_body("disable", ""), R"({"state": "disabled"})");
  EXPECT_EQ(order_body("enable", ""), R"({"state": "enabled"})");
  EXPECT_EQ(order_body("weight", "0"), R"({"weight": 0})");
  EXPECT_EQ(order_body("weight", "1000"), R"({"weight": 1000})");
  EXPECT_EQ(order_body("weight", "file"), R"({"weight": null})");
}

TEST(OrderBody, RefusesWhatIsNoOrder) {
  for (const char* value : {"", "1001", "-1", "5x", "5.5", "99999999999", "File"})
    EXPECT_FALSE(order_body("weight", value)) << value;
  EXPECT_FALSE(order_body("drain", "5"));
  EXPECT_FALSE(order_body("fly", ""));
}

TEST(OrderReport, IsOneSentenceAndAWarning) {
  EXPECT_EQ(order_report(R"({"pool": "api", "address": "10.0.0.1:80", "state": "draining",
    "reason": "draining by order", "weight": 2, "file_weight": 5,
    "drain": {"drained": false, "left": 3, "seconds_left": 29.9}, "warning": "nobody is left"})"),
            "api 10.0.0.1:80: draining, weight 2 (the file says 5): draining by order; 3 left, "
            "30 s to go\n"
            "warning: nobody is left\n");
  EXPECT_EQ(order_report(R"({"pool": "api", "address": "10.0.0.1:80", "state": "healthy",
    "reason": "enabled by order; first probe passed", "weight": 1})"),
            "api 10.0.0.1:80: healthy, weight 1: enabled by order; first probe passed\n");
}

TEST(OrderReport, KnowsWhenTheAnswerIsNobodys) {
  EXPECT_FALSE(order_report("<html>"));
  EXPECT_FALSE(order_report("[]"));
  EXPECT_FALSE(reload_report("{}"));
  EXPECT_FALSE(refusal_report("nothing"));
}

TEST(RefusalReport, ShowsWhatIsWrongAndWhere) {
  EXPECT_EQ(refusal_report(R"({"title": "There is no such pool", "detail": "known: api"})"),
            "fairlead: There is no such pool: known: api\n");
  EXPECT_EQ(refusal_report(R"({"title": "Wrong", "detail": "1 error", "text": "a.yaml:1:2: no"})"),
            "a.yaml:1:2: no\nfairlead: Wrong: 1 error\n");
  EXPECT_EQ(reload_report(R"({"generation": 4})"), "configuration 4 acts\n");
}

}  // namespace
}  // namespace fairlead::control
