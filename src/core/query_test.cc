#include "core/query.h"

#include <gtest/gtest.h>

#include <vector>

namespace fairlead::core {
namespace {

std::vector<std::string> values(std::string_view query, std::string_view name) {
  std::vector<std::string> found;
  any_parameter(query, name, [&](std::string_view value) {
    found.emplace_back(value);
    return false;
  });
  return found;
}

using Values = std::vector<std::string>;

TEST(Query, ParametersAreFoundByTheirWholeName) {
  EXPECT_EQ(values("a=1&debug=2&xdebug=3&debugx=4", "debug"), Values{"2"});
  EXPECT_EQ(values("a=1&a=2&b=3&a=", "a"), (Values{"1", "2", ""}));
  EXPECT_EQ(values("Debug=1", "debug"), Values{});
}

TEST(Query, WithoutAnEqualsSignTheValueIsEmpty) {
  EXPECT_EQ(values("debug", "debug"), Values{""});
  EXPECT_EQ(values("&&debug&&", "debug"), Values{""});
  EXPECT_EQ(values("a=b=c", "a"), Values{"b=c"});
}

TEST(Query, EscapesAndPlusesAreDecodedOnce) {
  EXPECT_EQ(values("a=x%20y+z", "a"), Values{"x y z"});
  EXPECT_EQ(values("%61%2Db=%252B", "a-b"), Values{"%2B"});
  EXPECT_EQ(values("caf%C3%A9=%e2%82%ac", "café"), Values{"€"});
  EXPECT_EQ(values("a=%26%3D", "a"), Values{"&="});
}

TEST(Query, WhatIsNoEscapeStandsForItself) {
  for (const char* text : {"%", "%2", "%zz", "%-1", "100%", "%%"})
    EXPECT_EQ(values(std::string("a=") + text, "a"), Values{text}) << text;
}

TEST(Query, IsSearchedUntilOneHolds) {
  int seen = 0;
  EXPECT_TRUE(any_parameter("a=1&a=2&a=3", "a", [&](std::string_view value) {
    ++seen;
    return value == "2";
  }));
  EXPECT_EQ(seen, 2);
}

}  // namespace
}  // namespace fairlead::core
