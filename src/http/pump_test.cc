#include "http/pump.h"

#include <gtest/gtest.h>

#include <string>

#include "http/h1_reader.h"
#include "http/h1_writer.h"
#include "http/message_pool.h"
#include "http/test_stream.h"

namespace fairlead::http {
namespace {

using State = Pump::State;

// A request's body on its way from one stream to another.
class Pumping : public testing::Test {
 protected:
  void begin(std::string_view framing, std::string_view body, Framing out, uint64_t length = 0) {
    from_.arrive("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(framing) + "\r\n\r\n");
    from_.arrive(body);
    ASSERT_EQ(reader_.read_head(*request_), H1Reader::State::complete);
    writer_.begin_body(out, length);
  }

  TestStream from_;
  TestStream to_;
  PooledRequest request_ = take_request();
  H1Reader reader_{from_, Side::downstream, H1Reader::Keep::head_until_next, {}};
  H1Writer writer_{to_};
  Pump pump_{reader_, writer_};
};

TEST_F(Pumping, MovesABodyAndItsEnd) {
  begin("Content-Length: 5", "hello", Framing::length, 5);
  EXPECT_EQ(pump_.run(), State::done);
  EXPECT_EQ(to_.sent(), "hello");
  EXPECT_EQ(pump_.moved(), 5u);
}

TEST_F(Pumping, FramesAnew) {
  begin("Transfer-Encoding: chunked", "1\r\na\r\n1\r\nb\r\n0\r\nX: 1\r\n\r\n", Framing::chunked);
  EXPECT_EQ(pump_.run(), State::done);
  // Pieces that are here together leave as one chunk.
  EXPECT_EQ(to_.sent(), "2\r\nab\r\n0\r\nX: 1\r\n\r\n");
}

TEST_F(Pumping, SendsWhatIsHereBeforeItWaitsForMore) {
  begin("Content-Length: 10", "hello", Framing::length, 10);
  EXPECT_EQ(pump_.run(), State::source_blocked);
  EXPECT_EQ(to_.sent(), "hello");
  from_.arrive("world");
  EXPECT_EQ(pump_.run(), State::done);
  EXPECT_EQ(to_.sent(), "world");
}

TEST_F(Pumping, ReadsNoMoreThanTheSinkTakes) {
  const std::string payload(300'000, 'x');
  begin("Content-Length: 300000", payload, Framing::length, payload.size());
  to_.take_at_most(1000);
  EXPECT_EQ(pump_.run(), State::sink_blocked);
  EXPECT_EQ(pump_.moved(), 1000u);
  EXPECT_LE(reader_.bytes_read(), net::kLargeBlock / 2);
  to_.take_at_most(SIZE_MAX);
  EXPECT_EQ(pump_.run(), State::done);
  EXPECT_EQ(to_.sent(), payload);
}

TEST_F(Pumping, LetsOthersGoFirstAfterItsShare) {
  const std::string payload(3'000'000, 'x');
  begin("Content-Length: 3000000", payload, Framing::length, payload.size());
  EXPECT_EQ(pump_.run(), State::busy);
  EXPECT_LT(pump_.moved(), payload.size());
  while (pump_.run() == State::busy) {
  }
  EXPECT_EQ(pump_.moved(), payload.size());
}

TEST_F(Pumping, TellsWhichSideFailed) {
  begin("Content-Length: 10", "hello", Framing::length, 10);
  from_.end();
  EXPECT_EQ(pump_.run(), State::source_failed);
  EXPECT_EQ(reader_.error().code, Code::closed);
}

TEST_F(Pumping, TellsHowTheSinkFailed) {
  begin("Content-Length: 10", "hello", Framing::length, 10);
  to_.break_with(Code::reset);
  EXPECT_EQ(pump_.run(), State::sink_failed);
  EXPECT_EQ(pump_.sink_error(), Code::reset);
}

TEST_F(Pumping, AnEndThatBlocksIsFinishedLater) {
  begin("Transfer-Encoding: chunked", "1\r\na\r\n0\r\n\r\n", Framing::chunked);
  to_.take_at_most(2);
  EXPECT_EQ(pump_.run(), State::sink_blocked);
  to_.take_at_most(SIZE_MAX);
  EXPECT_EQ(pump_.run(), State::done);
  EXPECT_EQ(to_.sent(), "1\r\na\r\n0\r\n\r\n");
}

}  // namespace
}  // namespace fairlead::http
