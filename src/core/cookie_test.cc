#include "core/cookie.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace fairlead::core
