#include "http/copied_body.h"

#include <gtest/gtest.h>

#include "http/test_exchange.h"

namespace fairlead::http {
namespace {

std::string post(std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

void read_all(Source& source) {
  for (Piece piece = source.peek(true); piece.state == Piece::State::data;
       piece = source.peek(true))
    source.consume(piece.bytes.size());
}

TEST(CopiedBodies, TellOnceThatTheCopyIsWhole) {
  TestExchange exchange(post("hello"));
  int told = 0;
  CopiedBody body(exchange->body(), 5, [&] { ++told; });
  read_all(body);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(body.copy(), "hello");
  body.peek(true);
  EXPECT_EQ(told, 1);
}

TEST(CopiedBodies, KeepNothingOfALongerOne) {
  TestExchange exchange(post("hello!"));
  int told = 0;
  CopiedBody body(exchange->body(), 5, [&] { ++told; });
  read_all(body);
  EXPECT_EQ(told, 0);
  EXPECT_TRUE(body.is_too_large());
  EXPECT_TRUE(body.copy().empty());
}

TEST(CopiedBodies, BeginAgainWithTheirSource) {
  TestExchange exchange(post("hello"));
  CopiedBody body(exchange->body(), 100, [] {});
  body.peek(true);
  body.consume(3);
  ASSERT_TRUE(body.can_rewind());
  body.rewind();
  read_all(body);
  EXPECT_EQ(body.copy(), "hello");
}

TEST(CopiedBodies, OfAnUnfinishedOneAreNotTold) {
  TestExchange exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
  int told = 0;
  CopiedBody body(exchange->body(), 100, [&] { ++told; });
  read_all(body);
  EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace fairlead::http
