#include <gtest/gtest.h>

#include <string>

#include "sim/scenario.h"

namespace fairlead::sim {
namespace {

std::string violations_of(const Report& report) {
  std::string text;
  for (const std::string& violation : report.ledger.violations) text += "\n  " + violation;
  return text;
}

// Twelve seeds are every kind of weather, with and without a stop under load.
class WholeProxy : public testing::TestWithParam<uint64_t> {};

TEST_P(WholeProxy, KeepsItsPromises) {
  const Report report = play(GetParam());
  EXPECT_TRUE(report.ledger.violations.empty())
      << summary(GetParam(), report) << violations_of(report);
  EXPECT_GT(report.ledger.answered, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, WholeProxy, testing::Range<uint64_t>(0, 24));

TEST(WholeProxyTrace, IsTheSameForTheSameSeed) {
  for (const uint64_t seed : {4u, 7u}) {
    const Report first = play(seed);
    const Report second = play(seed);
    EXPECT_EQ(first.trace, second.trace);
    EXPECT_EQ(first.events, second.events);
    EXPECT_EQ(first.log, second.log);
  }
  EXPECT_NE(play(5).trace, play(9).trace);
}

TEST(WholeProxyTrace, AGoodNetworkAnswersEverything) {
  const Report report = play(4);
  EXPECT_EQ(report.ledger.broken_off + report.ledger.unanswered + report.ledger.not_connected, 0u);
  EXPECT_TRUE(report.ledger.refused.empty());
  EXPECT_EQ(report.ledger.echo_broken, 0u);
}

}  // namespace
}  // namespace fairlead::sim
