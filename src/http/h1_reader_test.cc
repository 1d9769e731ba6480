#include "http/h1_reader.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "http/message_pool.h"
#include "http/test_stream.h"

namespace fairlead::http {
namespace {

using Keep = H1Reader::Keep;
using State = H1Reader::State;

class Reading : public testing::Test {
 protected:
  State head() { return reader_.read_head(*request_); }

  // The body as far as it is there; `last_` is what stopped it.
  std::string body(size_t at_once = SIZE_MAX) {
    std::string all;
    while (true) {
      const Piece piece = reader_.peek(true);
      last_ = piece.state;
      if (piece.state != Piece::State::data) return all;
      const size_t count = std::min(at_once, piece.bytes.size());
      all.append(piece.bytes.data(), count);
      reader_.consume(count);
    }
  }

  TestStream stream_;
  H1Reader reader_{stream_, Side::downstream, Keep::head_until_next, {}};
  PooledRequest request_ = take_request();
  Piece::State last_ = Piece::State::blocked;
};

TEST_F(Reading, WaitsUntilTheHeadIsWhole) {
  const std::string text = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const char byte : text) {
    EXPECT_EQ(head(), State::blocked);
    stream_.arrive({&byte, 1});
  }
  EXPECT_EQ(head(), State::complete);
  EXPECT_EQ(request_->target, "/a");
  EXPECT_TRUE(reader_.at_end());
}

TEST_F(Reading, HoldsNothingBeforeAByteHasCome) {
  EXPECT_EQ(head(), State::blocked);
  EXPECT_FALSE(reader_.has_bytes());
  stream_.end();
  EXPECT_EQ(head(), State::end);
}

TEST_F(Reading, TellsAnEndWithinAHeadFromOneBeforeIt) {
  stream_.arrive("GET /");
  EXPECT_EQ(head(), State::blocked);
  stream_.end();
  EXPECT_EQ(head(), State::failed);
  EXPECT_EQ(reader_.error().code, Code::closed);
  EXPECT_EQ(reader_.error().side, Side::downstream);
}

TEST_F(Reading, AFaultKeepsTheBytesForWhoTellsOfThem) {
  stream_.arrive("GET /a HTTP/1.1\r\nHost: a\r\nbad\r\n\r\n");
  EXPECT_EQ(head(), State::fault);
  EXPECT_EQ(reader_.fault(), wire::http1::Fault::malformed);
  const std::string_view seen = reader_.unread();
  EXPECT_TRUE(seen.starts_with("GET /a HTTP/1.1\r\n"));
  reader_.abandon();
  EXPECT_TRUE(reader_.at_end());
  EXPECT_FALSE(reader_.has_bytes());
  EXPECT_EQ(reader_.bytes_used(), reader_.bytes_read());
  EXPECT_TRUE(seen.starts_with("GET /a HTTP/1.1\r\n"));
}

TEST_F(Reading, PipelinedRequestsAreEachCountedForThemselves) {
  const std::string one = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string two = "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
  const std::string three =
      "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n";
  stream_.arrive(one + two + three);
  uint64_t used = 0;
  for (const std::string& text : {one, two, three}) {
    ASSERT_EQ(head(), State::complete);
    body();
    EXPECT_EQ(last_, Piece::State::end);
    EXPECT_EQ(reader_.bytes_used() - used, text.size());
    used = reader_.bytes_used();
    reader_.next();
  }
  EXPECT_FALSE(reader_.has_bytes());
  EXPECT_EQ(reader_.bytes_read(), used);
}

TEST_F(Reading, GivesABodyOfALengthAndNotAByteMore) {
  stream_.arrive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET");
  ASSERT_EQ(head(), State::complete);
  EXPECT_EQ(body(2), "hello");
  EXPECT_EQ(last_, Piece::State::end);
  EXPECT_EQ(reader_.unread(), "GET");
}

TEST_F(Reading, DecodesChunksHoweverTheyArrive) {
  const std::string text =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n";
  for (size_t at_once = 1; at_once < 9; ++at_once) {
    TestStream stream;
    stream.give_at_most(at_once);
    stream.arrive(text);
    H1Reader reader(stream, Side::downstream, Keep::head_until_next, {});
    ASSERT_EQ(reader.read_head(*request_), State::complete);
    std::string all;
    Piece piece;
    while ((piece = reader.peek(true)).state == Piece::State::data) {
      all.append(piece.bytes.data(), piece.bytes.size());
      reader.consume(piece.bytes.size());
    }
    EXPECT_EQ(piece.state, Piece::State::end);
    EXPECT_EQ(all, "abcde");
    EXPECT_EQ(reader.trailers(), "X-Sum: 1\r\n");
  }
}

TEST_F(Reading, ABodyThatEndsTooEarlyHasFailed) {
  stream_.arrive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
  stream_.end();
  ASSERT_EQ(head(), State::complete);
  EXPECT_EQ(body(), "he");
  EXPECT_EQ(last_, Piece::State::failed);
  EXPECT_EQ(reader_.error().detail, "the connection ended 3 bytes before the end of the body");
}

TEST_F(Reading, AWrongChunkIsTheSendersFault) {
  stream_.arrive("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  ASSERT_EQ(head(), State::complete);
  body();
  EXPECT_EQ(last_, Piece::State::failed);
  EXPECT_EQ(reader_.error().code, Code::malformed);
}

TEST_F(Reading, TheHeadStaysWhileALongBodyPassesBy) {
  const std::string payload(100'000, 'x');
  stream_.arrive("POST /long HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + payload);
  ASSERT_EQ(head(), State::complete);
  EXPECT_EQ(body(), payload);
  EXPECT_EQ(request_->target, "/long");
  EXPECT_EQ(request_->authority, "a");
}

TEST_F(Reading, ASmallBodyCanBeReadAgain) {
  stream_.arrive("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  ASSERT_EQ(head(), State::complete);
  EXPECT_EQ(body(3), "hello");
  const uint64_t used = reader_.bytes_used();
  ASSERT_TRUE(reader_.can_rewind());
  reader_.rewind();
  EXPECT_FALSE(reader_.at_end());
  EXPECT_EQ(body(), "hello");
  EXPECT_EQ(reader_.bytes_used(), used);
}

TEST_F(Reading, ABodyThatHasLeftItsBlockCannotBeReadAgain) {
  stream_.arrive("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
  ASSERT_EQ(head(), State::complete);
  body();
  stream_.arrive("llo");
  body();
  EXPECT_FALSE(reader_.can_rewind());
  EXPECT_TRUE(reader_.at_end());
}

TEST_F(Reading, ABodyThatNobodyHasTouchedCanBeReadAgain) {
  stream_.arrive("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  ASSERT_EQ(head(), State::complete);
  ASSERT_EQ(reader_.peek(true).state, Piece::State::data);
  ASSERT_TRUE(reader_.can_rewind());
  reader_.rewind();
  EXPECT_EQ(body(), "abc");
  EXPECT_FALSE(reader_.can_rewind());
}

TEST_F(Reading, ABodyThatWasSplicedCannotBeReadAgain) {
  stream_.arrive("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  ASSERT_EQ(head(), State::complete);
  reader_.spliced(9, false);
  EXPECT_FALSE(reader_.can_rewind());
  stream_.arrive("x");
  EXPECT_EQ(body(1), "x");
  EXPECT_FALSE(reader_.can_rewind());
  reader_.next();
  stream_.arrive("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(head(), State::complete);
  EXPECT_TRUE(reader_.can_rewind());
}

TEST_F(Reading, BehindAnUpgradeBytesAreBytes) {
  stream_.arrive("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n\x01\x02");
  ASSERT_EQ(head(), State::complete);
  reader_.become_raw();
  EXPECT_EQ(body(), "\x01\x02");
  EXPECT_EQ(last_, Piece::State::blocked);
  stream_.end();
  body();
  EXPECT_EQ(last_, Piece::State::end);
}

TEST_F(Reading, ABrokenStreamSaysHow) {
  stream_.arrive("GET");
  EXPECT_EQ(head(), State::blocked);
  stream_.break_with(Code::reset);
  EXPECT_EQ(head(), State::failed);
  EXPECT_EQ(reader_.error().code, Code::reset);
}

}  // namespace
}  // namespace fairlead::http
