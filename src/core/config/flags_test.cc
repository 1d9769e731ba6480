// The two flags that stand for a file.
#include <gtest/gtest.h>

#include "core/config/dump.h"
#include "core/config/load.h"

namespace fairlead::core {
namespace {

TEST(Flags, OneHttpPool) {
  const auto config = config_from_flags(":8080", "127.0.0.1:9001,127.0.0.1:9002");
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->listeners.at(0).protocol, Protocol::http);
  EXPECT_EQ(config->listeners[0].bind.at(0).text(), ":8080");
  ASSERT_EQ(config->pools.at(0).backends.size(), 2u);
  EXPECT_EQ(config->pools[0].backends[1].address.text(), "127.0.0.1:9002");
  EXPECT_EQ(text_of(config->pools[0].place), "command line");
}

TEST(Flags, OneTcpPool) {
  const auto config = config_from_flags("tcp://:5432", "127.0.0.1:5433");
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->listeners.at(0).protocol, Protocol::tcp);
  EXPECT_EQ(config->listeners[0].idle_timeout, 1h);
}

TEST(Flags, AWrongAddressIsShownOnTheLine) {
  const auto config = config_from_flags(":8080", "127.0.0.1:9001,127.0.0.1");
  ASSERT_FALSE(config.has_value());
  const std::string text = render(config.error());
  EXPECT_NE(text.find("command line:1:36: error: `address`: `127.0.0.1` is not an address"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("   1 | --listen :8080 --to 127.0.0.1:9001,127.0.0.1\n"), std::string::npos)
      << text;
}

TEST(Flags, EveryProblemAtOnce) {
  const auto config = config_from_flags("udp://:99999", "a,a,");
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().size(), 5u) << render(config.error());
}

TEST(Flags, TheAdminFlagGoesBeforeTheFile) {
  Config config = *config_from_flags(":80", "127.0.0.1:1");
  EXPECT_TRUE(take_admin_flag(config, "127.0.0.1:1").empty());
  EXPECT_EQ(config.admin->text(), "127.0.0.1:1");
  EXPECT_EQ(text_of(config.admin_place), "--admin");
  EXPECT_TRUE(take_admin_flag(config, "off").empty());
  EXPECT_FALSE(config.admin.has_value());
}

TEST(Flags, AWrongAdminFlagIsShownOnTheLineAndChangesNothing) {
  Config config = *config_from_flags(":80", "127.0.0.1:1");
  const Problems problems = take_admin_flag(config, "nowhere");
  EXPECT_TRUE(has_errors(problems));
  EXPECT_EQ(render(problems).find("command line:1:9: error: "), 0u) << render(problems);
  EXPECT_EQ(config.admin->text(), "127.0.0.1:9900");
}

TEST(Flags, AnAdminFlagThatOpensTheAddressToOthersIsWarnedOf) {
  Config config = *config_from_flags(":80", "127.0.0.1:1");
  const Problems problems = take_admin_flag(config, "0.0.0.0:9900");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].severity, Severity::warning);
  EXPECT_EQ(config.admin->text(), "0.0.0.0:9900");
}

}  // namespace
}  // namespace fairlead::core
