#include "http/buffered_body.h"

#include <gtest/gtest.h>

#include "http/test_exchange.h"

namespace fairlead::http {
namespace {

using State = BufferedBody::State;

std::string read_all(Source& source) {
  std::string out;
  for (Piece piece = source.peek(true); piece.state == Piece::State::data;
       piece = source.peek(true)) {
    out.append(piece.bytes.data(), piece.bytes.size());
    source.consume(piece.bytes.size());
  }
  return out;
}

std::string post(std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

TEST(BufferedBodies, GiveWhatTheyHoldAndCanBeginAgain) {
  TestExchange exchange(post("hello"));
  BufferedBody body(exchange->body(), 100);
  EXPECT_EQ(body.fill(), State::whole);
  EXPECT_EQ(body.held(), "hello");
  EXPECT_EQ(read_all(body), "hello");
  ASSERT_TRUE(body.can_rewind());
  body.rewind();
  EXPECT_EQ(read_all(body), "hello");
  EXPECT_EQ(body.peek(true).state, Piece::State::end);
}

TEST(BufferedBodies, HoldNoMoreThanTheirLimitAndGoOnBehindIt) {
  TestExchange exchange(post("0123456789"));
  BufferedBody body(exchange->body(), 4);
  EXPECT_EQ(body.fill(), State::full);
  EXPECT_EQ(body.held(), "0123");
  EXPECT_FALSE(body.is_whole());
  EXPECT_EQ(read_all(body), "0123456789");
  EXPECT_FALSE(body.can_rewind());
}

TEST(BufferedBodies, CanBeginAgainUntilAByteBehindThemIsConsumed) {
  TestExchange exchange(post("0123456789"));
  BufferedBody body(exchange->body(), 4);
  body.fill();
  body.consume(4);
  EXPECT_TRUE(body.can_rewind());
  body.rewind();
  EXPECT_EQ(read_all(body), "0123456789");
}

TEST(BufferedBodies, OneOfExactlyTheLimitIsWhole) {
  TestExchange exchange(post("0123"));
  BufferedBody body(exchange->body(), 4);
  EXPECT_EQ(body.fill(), State::whole);
  EXPECT_EQ(read_all(body), "0123");
}

TEST(BufferedBodies, WaitForWhatHasNotCome) {
  TestExchange exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
  BufferedBody body(exchange->body(), 100);
  EXPECT_EQ(body.fill(), State::blocked);
  EXPECT_EQ(body.held(), "abc");
  exchange.stream().arrive("def");
  EXPECT_EQ(body.fill(), State::whole);
  EXPECT_EQ(body.held(), "abcdef");
}

TEST(BufferedBodies, FailAsTheirSourceDoes) {
  TestExchange exchange(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nx");
  BufferedBody body(exchange->body(), 100);
  EXPECT_EQ(body.fill(), State::failed);
  EXPECT_EQ(body.error().code, Code::malformed);
}

TEST(BufferedBodies, KeepTrailers) {
  TestExchange exchange(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: "
      "1\r\n\r\n");
  BufferedBody body(exchange->body(), 100);
  EXPECT_EQ(body.fill(), State::whole);
  EXPECT_EQ(read_all(body), "abc");
  EXPECT_EQ(body.trailers(), "X-T: 1\r\n");
}

TEST(Exchanges, GiveTheBodyThroughWhatStandsInFrontOfIt) {
  TestExchange exchange(post("hello"));
  BufferedBody body(exchange->body(), 100);
  exchange->read_through(body);
  EXPECT_EQ(&exchange->body(), &body);
}

}  // namespace
}  // namespace fairlead::http
