#include "http/read_ahead.h"

#include <gtest/gtest.h>

#include "http/test_exchange.h"

namespace fairlead::http {
namespace {

const std::string kHead = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";

std::string take(Source& source, size_t count) {
  const Piece piece = source.peek(true);
  if (piece.state != Piece::State::data) return {};
  const size_t most = std::min(count, piece.bytes.size());
  const std::string out(piece.bytes.data(), most);
  source.consume(most);
  return out;
}

TEST(ReadAhead, HoldsNoMoreThanItsLimit) {
  TestExchange exchange(kHead + "0123456789");
  ReadAhead ahead(exchange->body(), 4);
  ahead.fill();
  EXPECT_FALSE(ahead.has_room());
  EXPECT_FALSE(ahead.is_whole());
  EXPECT_EQ(take(ahead, 3), "012");
  EXPECT_TRUE(ahead.has_room());
  ahead.fill();
  EXPECT_EQ(take(ahead, 10), "3456");
  EXPECT_EQ(take(ahead, 10), "789");
  EXPECT_EQ(ahead.peek(true).state, Piece::State::end);
}

TEST(ReadAhead, IsWholeWhenTheSourceHasEnded) {
  TestExchange exchange(kHead + "01234");
  ReadAhead ahead(exchange->body(), 100);
  ahead.fill();
  EXPECT_FALSE(ahead.is_whole());
  EXPECT_EQ(take(ahead, 100), "01234");
  EXPECT_EQ(ahead.peek(true).state, Piece::State::blocked);
  exchange.stream().arrive("56789");
  ahead.fill();
  EXPECT_TRUE(ahead.is_whole());
  EXPECT_EQ(take(ahead, 100), "56789");
}

TEST(ReadAhead, GivesWhatCameBeforeAFailure) {
  TestExchange exchange(kHead + "01234");
  exchange.stream().end();
  ReadAhead ahead(exchange->body(), 100);
  ahead.fill();
  EXPECT_FALSE(ahead.is_whole());
  EXPECT_EQ(take(ahead, 100), "01234");
  EXPECT_EQ(ahead.peek(true).state, Piece::State::failed);
  EXPECT_EQ(ahead.error().code, Code::closed);
}

}  // namespace
}  // namespace fairlead::http
