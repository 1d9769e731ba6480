#include "core/config/words.h"

#include <gtest/gtest.h>

namespace fairlead::core {
namespace {

const std::vector<std::string> kKeys = {"health", "balance", "backends", "connect_timeout", "on"};

TEST(Nearest, FindsSlipsOfTheFinger) {
  EXPECT_EQ(nearest("helth", kKeys), "health");
  EXPECT_EQ(nearest("heatlh", kKeys), "health");
  EXPECT_EQ(nearest("Backend", kKeys), "backends");
  EXPECT_EQ(nearest("connect-timeout", kKeys), "connect_timeout");
}

TEST(Nearest, SaysNothingWhereNothingIsNear) {
  EXPECT_EQ(nearest("zzz", kKeys), std::nullopt);
  EXPECT_EQ(nearest("", kKeys), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'a'), kKeys), std::nullopt);
}

TEST(Ticked, CutsAndCleans) {
  EXPECT_EQ(ticked("a\nb"), "`a?b`");
  EXPECT_EQ(ticked(std::string(100, 'a')), "`" + std::string(60, 'a') + "...`");
}

TEST(Enumerate, JoinsWithCommasAndALastWord) {
  EXPECT_EQ(enumerate(std::vector<std::string>{"a"}), "a");
  EXPECT_EQ(enumerate(std::vector<std::string>{"a", "b", "c"}, "and"), "a, b and c");
}

}  // namespace
}  // namespace fairlead::core
