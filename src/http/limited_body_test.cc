#include "http/limited_body.h"

#include <gtest/gtest.h>

#include "http/test_exchange.h"

namespace fairlead::http {
namespace {

std::string chunked(std::string_view chunks) {
  return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(chunks);
}

// What was read before the end or the failure, and which of them it was.
std::pair<std::string, Piece::State> read_all(Source& source) {
  std::string out;
  Piece piece = source.peek(true);
  for (; piece.state == Piece::State::data; piece = source.peek(true)) {
    out.append(piece.bytes.data(), piece.bytes.size());
    source.consume(piece.bytes.size());
  }
  return {out, piece.state};
}

TEST(LimitedBodies, OfExactlyTheLimitPass) {
  TestExchange exchange(chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  LimitedBody body(exchange->body(), 5);
  EXPECT_EQ(read_all(body), std::pair(std::string("abcde"), Piece::State::end));
}

TEST(LimitedBodies, FailAtTheFirstByteBeyond) {
  TestExchange exchange(chunked("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"));
  LimitedBody body(exchange->body(), 5);
  EXPECT_EQ(read_all(body).second, Piece::State::failed);
  EXPECT_EQ(body.error().code, Code::body_too_large);
  EXPECT_EQ(body.error().side, Side::downstream);
}

TEST(LimitedBodies, TellTheFaultsOfTheirSource) {
  TestExchange exchange(chunked("x"));
  LimitedBody body(exchange->body(), 5);
  EXPECT_EQ(read_all(body).second, Piece::State::failed);
  EXPECT_EQ(body.error().code, Code::malformed);
}

}  // namespace
}  // namespace fairlead::http
