#include "wire/websocket.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace fairlead::wire {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

uint64_t left_after(std::string_view bytes, size_t piece = 1000) {
  WebSocketFrames frames;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    frames.pass({bytes.data(), std::min(piece, bytes.size())});
  return frames.left();
}

TEST(WebSocketFrames, BetweenTwoFramesNothingIsLeft) {
  EXPECT_EQ(left_after(""), 0u);
  EXPECT_EQ(left_after("\x81\x05hello"), 0u);
  EXPECT_EQ(left_after("\x81\x00\x89\x00"sv), 0u);
}

TEST(WebSocketFrames, WithinOneItSaysHowMuchIsLeft) {
  EXPECT_EQ(left_after("\x81"), 1u);
  EXPECT_EQ(left_after("\x81\x05he"), 3u);
  EXPECT_EQ(left_after("\x81\x85"), 4u);  // the mask
  EXPECT_EQ(left_after("\x81\x85mask"), 5u);
  EXPECT_EQ(left_after("\x82\x7e\x01"), 1u);  // the length's other half
  EXPECT_EQ(left_after("\x82\x7e\x01\x00"sv), 256u);
  EXPECT_EQ(left_after("\x82\x7f\0\0\0\x01\0\0\0\0"sv), 1ull << 32);
}

TEST(WebSocketFrames, PiecesMakeNoDifference) {
  const std::string frames = "\x81\x85maskhello\x82\x7e\x01\x00"s + std::string(200, 'x');
  for (const size_t piece : {1, 2, 3, 7, 100}) EXPECT_EQ(left_after(frames, piece), 56u);
}

TEST(WebSocketKey, IsAnsweredAsTheRfcHasIt) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(websocket_key(0, 0), "AAAAAAAAAAAAAAAAAAAAAA==");
}

TEST(CloseFrame, HasTheCodeAndFromAClientAMask) {
  EXPECT_EQ(close_frame(kGoingAway, false), "\x88\x02\x03\xe9"s);
  EXPECT_EQ(close_frame(kGoingAway, true), "\x88\x82\0\0\0\0\x03\xe9"s);
}

}  // namespace
}  // namespace fairlead::wire
