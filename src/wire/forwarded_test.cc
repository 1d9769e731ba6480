#include "wire/forwarded.h"

#include <gtest/gtest.h>

#include <string>

namespace fairlead::wire {
namespace {

// "node/proto/host" of every element, joined with spaces; "-" where it cannot be read.
std::string read(std::string_view value) {
  const auto all = parse_forwarded(value);
  if (!all) return "-";
  std::string out;
  for (size_t i = 0; i < all->size(); ++i) {
    const ForwardedElement& element = (*all)[i];
    if (i > 0) out += ' ';
    out.append(element.node).append("/").append(element.proto).append("/").append(element.host);
  }
  return out;
}

TEST(Forwarded, TheExamplesOfTheStandard) {
  EXPECT_EQ(read(R"(for="_gazonk")"), "_gazonk//");
  EXPECT_EQ(read(R"(For="[2001:db8:cafe::17]:4711")"), "[2001:db8:cafe::17]:4711//");
  EXPECT_EQ(read("for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60/http/");
  EXPECT_EQ(read("for=192.0.2.43, for=198.51.100.17"), "192.0.2.43// 198.51.100.17//");
}

TEST(Forwarded, HoldsCommasAndSemicolonsInQuotes) {
  EXPECT_EQ(read(R"(host="a,b;c";for=unknown, for=b)"), "unknown//a,b;c b//");
}

TEST(Forwarded, TakesWhatIsCommonThoughNotQuoted) {
  EXPECT_EQ(read("for=[::1]:80 ; proto=https"), "[::1]:80/https/");
  EXPECT_EQ(read("for=192.0.2.1:8080"), "192.0.2.1:8080//");
}

TEST(Forwarded, EmptyPartsSayNothing) {
  EXPECT_EQ(read(""), "//");
  EXPECT_EQ(read("for=a;;proto=b;"), "a/b/");
  EXPECT_EQ(read("for=a,,for=b"), "a// // b//");
  EXPECT_EQ(read("for="), "//");
  EXPECT_EQ(read(R"(for="")"), "//");
}

TEST(Forwarded, AValueWithAnEscapeIsAsGoodAsNone) {
  EXPECT_EQ(read(R"(for="a\"b";proto=x)"), "/x/");
  EXPECT_EQ(read(R"(for="\a")"), "//");
}

TEST(Forwarded, AnOpenQuoteSpoilsTheWhole) {
  for (const char* value :
       {R"(for="a)", R"(for="a\")", R"(for=6.6.6.6;x=", for="192.0.2.1";proto=http)",
        R"(for="6.6.6.6, for=192.0.2.1)", R"(for=a"b")", R"(for="a"b)", R"(for="a" "b")"})
    EXPECT_EQ(read(value), "-") << value;
}

TEST(Forwarded, WhatIsNoPairSpoilsTheWhole) {
  for (const char* value : {"192.0.2.1", "for", "for =a", "for= a", "=a", "for=a b", "for=a;b c=d",
                            "for=a\\", "f\"r=a"})
    EXPECT_EQ(read(value), "-") << value;
}

TEST(Forwarded, AParameterTwiceSpoilsTheWhole) {
  EXPECT_EQ(read("for=a;FOR=b"), "-");
  EXPECT_EQ(read("proto=http;for=a;proto=https"), "-");
  EXPECT_EQ(read("x=1;x=2;for=a"), "a//");
}

TEST(Forwarded, KeepsTheLastElements) {
  std::string value = "for=0";
  for (int i = 1; i < 100; ++i) value += ", for=" + std::to_string(i);
  const auto all = parse_forwarded(value);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), Forwarded::kMost);
  EXPECT_EQ((*all)[0].node, "84");
  EXPECT_EQ((*all)[15].node, "99");
}

}  // namespace
}  // namespace fairlead::wire
