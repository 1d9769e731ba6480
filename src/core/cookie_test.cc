#include "core/cookie.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace fairlead::core {
namespace {

TEST(Cookie, IsFoundByItsWholeName) {
  EXPECT_EQ(cookie_in("sid=1; id=2", "id"), "2");
  EXPECT_EQ(cookie_in("id=a=b;c=d", "id"), "a=b");
  EXPECT_EQ(cookie_in("a=1;  b=2", "b"), "2");
}

TEST(Cookie, OfSeveralTheFirst) { EXPECT_EQ(cookie_in("id=1; id=2", "id"), "1"); }

TEST(Cookie, WhatIsNotThereIsEmpty) {
  for (const char* field : {"", "id", "id ; x=1", ";;;", "ID=1", "xid=1"}) {
    EXPECT_EQ(cookie_in(field, "id"), "") << field;
  }
}

std::vector<std::string> cookies(std::string_view field, std::string_view name) {
  std::vector<std::string> found;
  any_cookie(field, name, [&](std::string_view value) {
    found.emplace_back(value);
    return false;
  });
  return found;
}

TEST(AnyCookie, LooksAtAllOfAName) {
  using Values = std::vector<std::string>;
  EXPECT_EQ(cookies("a=1; b=2;a=3;\ta=;c", "a"), (Values{"1", "3", ""}));
  EXPECT_EQ(cookies("group=a=b ; xgroup=c; GROUP=d", "group"), Values{"a=b"});
  EXPECT_EQ(cookies("a=\"1\"; a=\"; a=\"\"", "a"), (Values{"1", "\"", ""}));
  EXPECT_EQ(cookies("a; =a; ;;", "a"), Values{});
}

TEST(AnyCookie, StopsAtTheFirstThatHolds) {
  EXPECT_TRUE(any_cookie("a=1; a=2", "a", [](std::string_view value) { return value == "1"; }));
  EXPECT_FALSE(any_cookie("a=1; a=2", "a", [](std::string_view value) { return value == "3"; }));
}

std::string without(std::string_view field, std::string_view name) {
  std::string room(field.size() * 2, '?');
  return std::string(without_cookie(field, name, room.data()));
}

TEST(Cookie, IsTakenOutWhereverItStands) {
  EXPECT_EQ(without("id=1; a=2; b=3", "id"), "a=2; b=3");
  EXPECT_EQ(without("a=2; id=1; b=3", "id"), "a=2; b=3");
  EXPECT_EQ(without("a=2; b=3;id=1", "id"), "a=2; b=3");
  EXPECT_EQ(without("id=1; a=2; id=3", "id"), "a=2");
  EXPECT_EQ(without("id=1", "id"), "");
  EXPECT_EQ(without("id", "id"), "");
}

TEST(Cookie, WhatIsCalledNearlySoStays) {
  EXPECT_EQ(without("xid=1; id2=2; ID=3; a=id=4", "id"), "xid=1; id2=2; ID=3; a=id=4");
}

TEST(Cookie, OthersKeepTheirOrderAndText) {
  EXPECT_EQ(without(" a=1 ;; b = \"x y\";c", "id"), "a=1; b = \"x y\"; c");
}

TEST(Cookie, IsGoneWhenItWasTakenOut) {
  EXPECT_TRUE(rc::check([](const std::string& field) {
    const std::string rest = without(field + ";id=1; " + field, "id");
    RC_ASSERT(cookie_in(rest, "id").empty());
    RC_ASSERT(without(rest, "id") == rest);
  }));
}

}  // namespace
}  // namespace fairlead::core
