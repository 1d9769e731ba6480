#include "wire/http1_glimpse.h"

#include <gtest/gtest.h>

#include <string>

namespace fairlead::wire::http1 {
namespace {

TEST(Glimpse, TellsTheFirstWordsAndTheHost) {
  const Glimpse seen = glimpse("GET /a?b HTTP/1.1\r\nX: 1\r\nHOST:  shop.example \r\nbad line\r\n");
  EXPECT_EQ(seen.method, "GET");
  EXPECT_EQ(seen.target, "/a?b");
  EXPECT_EQ(seen.host, "shop.example");
}

TEST(Glimpse, TellsWhatIsThereOfAPart) {
  EXPECT_EQ(glimpse("").method, "");
  EXPECT_EQ(glimpse("GE").method, "GE");
  EXPECT_EQ(glimpse("GET /a").target, "/a");
  EXPECT_EQ(glimpse("\r\nGET /a").method, "GET");
  EXPECT_EQ(glimpse("GET / HTTP/1.1\r\nhost").host, "");
  EXPECT_EQ(glimpse("GET / HTTP/1.1\nhost : a").host, "a");
}

TEST(Glimpse, TakesTheFirstOfTwoHosts) {
  EXPECT_EQ(glimpse("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n").host, "a");
}

TEST(Glimpse, IsBounded) {
  const std::string much(100'000, 'x');
  EXPECT_EQ(glimpse(much).method.size(), kMostGlimpsedMethod);
  EXPECT_EQ(glimpse("GET " + much).target.size(), kMostGlimpsedTarget);
  EXPECT_EQ(glimpse("GET / HTTP/1.1\r\nhost: " + much).host.size(), kMostGlimpsedHost);
  EXPECT_EQ(glimpse("GET / HTTP/1.1\r\nx: " + much + "\r\nhost: a\r\n").host, "");
}

TEST(Glimpse, TakesAnyBytes) {
  std::string hello("\x16\x03\x01\x02\x00\x01", 6);
  EXPECT_EQ(glimpse(hello).method, hello);
  EXPECT_EQ(glimpse("\n\n\n").method, "");
}

}  // namespace
}  // namespace fairlead::wire::http1
