#include "control/simulation_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/test_config.h"

namespace fairlead::control {
namespace {

core::Scenario scenario_with(core::Upset::Kind kind) {
  core::Scenario scenario;
  const Address here(Ip::v4({127, 0, 0, 1}), 9001);
  const Address there(Ip::v4({127, 0, 0, 1}), 9002);
  scenario.pool = test_pool("app", {here, there});
  scenario.requests = 2000;
  scenario.upsets = {{kind, there, 10}};
  return scenario;
}

TEST(SimulationReport, ShowsBeforeAndAfterForEachAlgorithm) {
  const core::Scenario scenario = scenario_with(core::Upset::Kind::slow);
  const auto simulated = core::simulate_each(scenario, {"round_robin", "least_connections"});
  const std::string text = simulation_text(scenario, simulated, Bars::ascii);
  for (const char* words :
       {"pool app: 2 backends", "2000 requests",
        "after 50 % of them 127.0.0.1:9002 becomes 10 times", "BEFORE\n", "AFTER\n",
        "\nround_robin ", "\nleast_connections ", "127.0.0.1:9001", "##"}) {
    EXPECT_NE(text.find(words), text.npos) << words << "\n" << text;
  }
  EXPECT_EQ(text.find("KEYS THAT MOVE"), text.npos);
}

TEST(SimulationReport, TheJsonHasTheSameNumbers) {
  const core::Scenario scenario = scenario_with(core::Upset::Kind::kill);
  const auto simulated = core::simulate_each(scenario, {"random"});
  const auto json = nlohmann::json::parse(simulation_json(scenario, simulated), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["scenario"]["upsets"][0]["kind"], "kill");
  const auto& after = json["algorithms"][0]["stretches"][1];
  EXPECT_EQ(json["algorithms"][0]["name"], "random");
  EXPECT_EQ(after["requests"], simulated[0].stretches[1].requests);
  EXPECT_EQ(after["failed"], 0);
  EXPECT_EQ(after["backends"][1]["requests"], 0);
  EXPECT_GT(after["latency"]["p99_seconds"], after["latency"]["p50_seconds"]);
}

TEST(Bar, IsAsLongAsItsShare) {
  EXPECT_EQ(bar(0.5, 10, Bars::ascii), "#####");
  EXPECT_EQ(bar(0, 10, Bars::ascii), "");
  EXPECT_EQ(bar(0.001, 10, Bars::ascii), "#") << "a little is not nothing";
  EXPECT_EQ(bar(2, 3, Bars::ascii), "###");
  EXPECT_EQ(bar(0.25, 2, Bars::blocks), "▌");
  EXPECT_EQ(bar(1, 2, Bars::blocks), "██");
  EXPECT_EQ(bar(0.001, 2, Bars::blocks), "▏");
}

}  // namespace
}  // namespace fairlead::control
