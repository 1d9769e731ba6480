#include "http/h1_writer.h"

#include <gtest/gtest.h>

#include <string>

#include "http/test_stream.h"

namespace fairlead::http {
namespace {

using net::Io;

class Writing : public testing::Test {
 protected:
  void head(std::string_view text, Framing framing, uint64_t length = 0) {
    const auto room = writer_.reserve(text.size());
    ASSERT_GE(room.size(), text.size());
    text.copy(room.data(), text.size());
    writer_.commit(text.size());
    writer_.begin_body(framing, length);
  }
  Io write(std::string_view text) { return writer_.write({text.data(), text.size()}); }

  TestStream stream_;
  H1Writer writer_{stream_};
};

TEST_F(Writing, AHeadLeavesWithItsSmallBodyInOneSend) {
  head("HEAD ", Framing::length, 5);
  EXPECT_EQ(write("hello").count, 5u);
  EXPECT_EQ(stream_.sent(), "");
  EXPECT_EQ(writer_.finish({}).state, Io::State::done);
  EXPECT_EQ(stream_.sent(), "HEAD hello");
  EXPECT_EQ(stream_.sends(), 1u);
  EXPECT_TRUE(writer_.is_finished());
}

TEST_F(Writing, ChunksAreFramedAnewAndEnded) {
  head("H ", Framing::chunked);
  write("abc");
  write("0123456789abcdef");
  EXPECT_EQ(writer_.finish("x-sum: 1\r\n").state, Io::State::done);
  EXPECT_EQ(stream_.sent(), "H 3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nx-sum: 1\r\n\r\n");
}

TEST_F(Writing, WithoutAHeadBytesGoStraightToTheStream) {
  head("H", Framing::length, 6);
  writer_.flush();
  EXPECT_EQ(write("abcdef").count, 6u);
  EXPECT_EQ(stream_.sent(), "Habcdef");
}

TEST_F(Writing, WhatTheStreamDoesNotTakeWaitsAndIsNotLost) {
  stream_.take_at_most(4);
  head("HEAD ", Framing::length, 3);
  write("abc");
  EXPECT_EQ(writer_.finish({}).state, Io::State::blocked);
  EXPECT_FALSE(writer_.is_finished());
  EXPECT_TRUE(writer_.holds());
  EXPECT_EQ(writer_.bytes_written(), 4u);
  stream_.take_at_most(100);
  EXPECT_EQ(writer_.finish({}).state, Io::State::done);
  EXPECT_EQ(stream_.sent(), "HEAD abc");
  EXPECT_EQ(writer_.bytes_written(), 8u);
}

TEST_F(Writing, TheEndOfChunksIsWrittenOnceHoweverOftenItBlocks) {
  stream_.take_at_most(0);
  head("H ", Framing::chunked);
  write("abc");
  for (int i = 0; i < 20; ++i) {
    stream_.take_at_most(1);
    if (writer_.finish({}).state == Io::State::done) break;
  }
  EXPECT_EQ(stream_.sent(), "H 3\r\nabc\r\n0\r\n\r\n");
  EXPECT_TRUE(writer_.is_finished());
}

TEST_F(Writing, AFullBlockOfChunksTakesNoMore) {
  stream_.take_at_most(0);
  head("H ", Framing::chunked);
  const std::string much(1'000'000, 'x');
  size_t taken = 0;
  Io io;
  while ((io = write(much)).state == Io::State::done) taken += io.count;
  EXPECT_EQ(io.state, Io::State::blocked);
  EXPECT_GT(taken, 1000u);
  EXPECT_LE(taken, net::kLargeBlock);
}

TEST_F(Writing, AMessageThatHasNotLeftCanBeForgotten) {
  head("first", Framing::length, 3);
  write("abc");
  writer_.discard();
  EXPECT_TRUE(writer_.is_finished());
  head("second", Framing::none);
  EXPECT_EQ(writer_.finish({}).state, Io::State::done);
  EXPECT_EQ(stream_.sent(), "second");
}

TEST_F(Writing, TwoHeadsInARowKeepTheirOrder) {
  head("interim ", Framing::none);
  head("final", Framing::none);
  writer_.finish({});
  EXPECT_EQ(stream_.sent(), "interim final");
}

TEST_F(Writing, AHeadBeyondTheLargestBlockGetsNoRoom) {
  EXPECT_TRUE(writer_.reserve(net::kLargeBlock + 1).empty());
  EXPECT_FALSE(writer_.reserve(net::kLargeBlock).empty());
}

TEST_F(Writing, ABrokenStreamIsTold) {
  stream_.break_with(Code::reset);
  head("H", Framing::none);
  const Io io = writer_.finish({});
  EXPECT_EQ(io.state, Io::State::failed);
  EXPECT_EQ(io.code, Code::reset);
}

}  // namespace
}  // namespace fairlead::http
