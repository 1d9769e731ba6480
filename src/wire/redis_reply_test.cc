#include "wire/redis_reply.h"

#include <gtest/gtest.h>

namespace fairlead::wire::redis {
namespace {

using State = Reply::State;

TEST(RedisReply, IsASimpleStringOrAnError) {
  const Reply pong = parse_reply("+PONG\r\nrest");
  EXPECT_EQ(pong.state, State::simple);
  EXPECT_EQ(pong.text, "PONG");
  EXPECT_EQ(pong.size, 7u);
  const Reply error = parse_reply("-NOAUTH Authentication required.\r\n");
  EXPECT_EQ(error.state, State::error);
  EXPECT_EQ(error.text, "NOAUTH Authentication required.");
  EXPECT_EQ(parse_reply("+\r\n").text, "");
}

TEST(RedisReply, IsIncompleteAtEveryCut) {
  const std::string_view whole = "+PONG\r\n";
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(parse_reply(whole.substr(0, size)).state, State::incomplete) << size;
  }
}

TEST(RedisReply, OfAnyOtherKindIsMalformedAtItsFirstByte) {
  for (const std::string_view bytes :
       {":1\r\n", "$4\r\nPONG\r\n", "*1\r\n", "_\r\n", "HTTP/1.1 200", "\r\n", "PONG\r\n"}) {
    EXPECT_EQ(parse_reply(bytes).state, State::malformed) << bytes;
  }
}

TEST(RedisReply, EndsItsLineWithBothCharacters) {
  EXPECT_EQ(parse_reply("+PONG\n").state, State::malformed);
  EXPECT_EQ(parse_reply("+PONG\rX").state, State::malformed);
  EXPECT_EQ(parse_reply("+PO\nNG\r\n").state, State::malformed);
}

TEST(RedisReply, HasAtMostAThousandBytes) {
  const std::string endless = "+" + std::string(kLongestReply, 'x');
  EXPECT_EQ(parse_reply(endless.substr(0, kLongestReply - 1)).state, State::incomplete);
  EXPECT_EQ(parse_reply(endless).state, State::malformed);
  EXPECT_EQ(parse_reply("+" + std::string(kLongestReply - 3, 'x') + "\r\n").state, State::simple);
}

TEST(RedisCommand, HoldsAnyBytes) {
  EXPECT_EQ(command({"PING"}), "*1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(command({"AUTH", "a\r\nb"}), "*2\r\n$4\r\nAUTH\r\n$4\r\na\r\nb\r\n");
}

}  // namespace
}  // namespace fairlead::wire::redis
