#include "wire/http1_chunked.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "wire/http1_test_feed.h"

namespace fairlead::wire::http1 {
namespace {

using namespace std::string_literals;

// "payload" and "trailers" of a body that is right and has "BEHIND" after it.
std::pair<std::string, std::string> read(const std::string& body) {
  const std::string answer = answer_to_chunked(body + "BEHIND");
  EXPECT_TRUE(answer.starts_with("end " + std::to_string(body.size()) + " ")) << answer;
  std::string bytes = body + "BEHIND";
  ChunkedDecoder decoder;
  const auto step = decoder.decode(bytes);
  return {bytes.substr(0, step.payload), std::string(decoder.trailers())};
}

TEST(Chunked, PayloadMovesToTheFront) {
  EXPECT_EQ(read("0\r\n\r\n").first, "");
  EXPECT_EQ(read("5\r\nhello\r\n0\r\n\r\n").first, "hello");
  EXPECT_EQ(read("5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n").first, "hello world");
  EXPECT_EQ(read("A\r\n0123456789\r\n0\r\n\r\n").first, "0123456789");
  EXPECT_EQ(read("a\r\n0123456789\r\n0\r\n\r\n").first, "0123456789");
  EXPECT_EQ(read("2\r\n\r\n\r\n0\r\n\r\n").first, "\r\n");
  EXPECT_EQ(read("1\r\n\0\r\n0\r\n\r\n"s).first, "\0"s);
}

TEST(Chunked, SizesHaveUpTo15Digits) {
  EXPECT_EQ(read("000000000000005\r\nhello\r\n000\r\n\r\n").first, "hello");
  const std::string largest = "fffffffffffffff\r\nxyz";
  EXPECT_EQ(answer_to_chunked(largest), "more 20 'xyz' '' ");
}

TEST(Chunked, ExtensionsAreReadOver) {
  EXPECT_EQ(read("5;a\r\nhello\r\n0\r\n\r\n").first, "hello");
  for (const char* extensions : {";a=b", "; a = b", ";a;b=c;d", ";a=\"b c\"", ";a=\"\\\"\";b",
                                 ";\ta\t;\tb", ";a ;b=\"\" ;c"}) {
    EXPECT_EQ(read(fmt::format("5{}\r\nhello\r\n0{}\r\n\r\n", extensions, extensions)).first,
              "hello")
        << extensions;
  }
  EXPECT_EQ(read("5; a=b ; c=\"d;\\\"e\"\r\nhello\r\n0;last\r\n\r\n").first, "hello");
  EXPECT_EQ(read("1;" + std::string(1024, 'e') + "\r\nx\r\n0\r\n\r\n").first, "x");
}

TEST(Chunked, ExtensionsMayNotOutweighTheBody) {
  const std::string chunk = "1;" + std::string(1000, 'e') + "\r\nx\r\n";
  std::string body;
  for (int i = 0; i < 16; ++i) body += chunk;
  EXPECT_TRUE(answer_to_chunked(body).starts_with("more"));
  EXPECT_TRUE(answer_to_chunked(body + chunk).starts_with("fault"));
  // An honest signature on each chunk of a large upload is excused by its payload.
  std::string upload;
  for (int i = 0; i < 300; ++i) {
    upload +=
        "400;chunk-signature=" + std::string(64, 'f') + "\r\n" + std::string(1024, 'p') + "\r\n";
  }
  EXPECT_TRUE(feed_chunked(upload, {upload.size()}).starts_with("more"));
}

TEST(Chunked, TrailersAreKeptAsSent) {
  EXPECT_EQ(read("0\r\nX-Sum: 1\r\nServer-Timing:  a \r\n\r\n").second,
            "X-Sum: 1\r\nServer-Timing:  a \r\n");
  EXPECT_EQ(read("0\r\nContent-Digest: sha-256=:x:\r\n\r\n").second,
            "Content-Digest: sha-256=:x:\r\n");
  EXPECT_EQ(read("0\r\ngrpc-status: 0\r\ngrpc-message:\r\n\r\n").second,
            "grpc-status: 0\r\ngrpc-message:\r\n");
}

TEST(Chunked, TrailersThatFrameRouteOrAuthenticateAreDropped) {
  for (const std::string name : {"Transfer-Encoding",
                                 "Content-Length",
                                 "Host",
                                 "Connection",
                                 "Trailer",
                                 "TE",
                                 "Upgrade",
                                 "Keep-Alive",
                                 "Content-Type",
                                 "Content-Encoding",
                                 "Content-Range",
                                 "content-location",
                                 "Authorization",
                                 "Proxy-Authorization",
                                 "Cookie",
                                 "Set-Cookie",
                                 "WWW-Authenticate",
                                 "X-Forwarded-For",
                                 "X-Forwarded-Server",
                                 "Forwarded",
                                 "X-Real-IP",
                                 "Via",
                                 "Expect",
                                 "Range",
                                 "If-Match",
                                 "If-None-Match",
                                 "Cache-Control",
                                 "Max-Forwards",
                                 "Date",
                                 "Location",
                                 "Age",
                                 "Expires",
                                 "Vary",
                                 "Pragma",
                                 "Retry-After",
                                 "Access-Control-Allow-Origin"}) {
    EXPECT_EQ(read("0\r\nA: 1\r\n" + name + ": x\r\nB: 2\r\n\r\n").second, "A: 1\r\nB: 2\r\n")
        << name;
  }
}

TEST(Chunked, TrailersHaveALimitThatDroppedOnesCountFor) {
  const std::string room = "0\r\nX: " + std::string(4091, 'x');
  EXPECT_TRUE(answer_to_chunked(room + "\r\n").starts_with("more"));
  EXPECT_TRUE(answer_to_chunked(room + "x\r\n").starts_with("fault"));
  std::string dropped = "0\r\n";
  for (int i = 0; i < 600; ++i) dropped += "Host: a\r\n";
  EXPECT_TRUE(answer_to_chunked(dropped).starts_with("fault"));
}

TEST(Chunked, ADecoderMovesAndIsUsedAgain) {
  std::string first = "5\r\nhel";
  std::string second = "lo\r\n0\r\nX: y\r\n\r\n";
  ChunkedDecoder decoder;
  EXPECT_EQ(decoder.decode(first).payload, 3u);
  ChunkedDecoder moved = std::move(decoder);
  EXPECT_EQ(moved.decode(second).state, ChunkedDecoder::Step::State::end);
  EXPECT_EQ(moved.trailers(), "X: y\r\n");
  moved.reset();
  std::string third = "0\r\n\r\n";
  EXPECT_EQ(moved.decode(third).state, ChunkedDecoder::Step::State::end);
  EXPECT_EQ(moved.trailers(), "");
}

TEST(Chunked, AFaultIsFinalAndKeepsThePayloadBeforeIt) {
  std::string text = "2\r\nabX";
  ChunkedDecoder decoder;
  const auto step = decoder.decode(text);
  EXPECT_EQ(step.state, ChunkedDecoder::Step::State::fault);
  EXPECT_EQ(text.substr(0, step.payload), "ab");
  std::string right = "0\r\n\r\n";
  EXPECT_EQ(decoder.decode(right).state, ChunkedDecoder::Step::State::fault);
}

const std::vector<std::string> kBadBodies = {
    "\r\n",
    "\n",
    "x",
    "g\r\n",
    "-1\r\n",
    "+5\r\nhello\r\n",
    "0x5\r\nhello\r\n",
    " 5\r\nhello\r\n",
    "\t5\r\nhello\r\n",
    "5 \r\nhello\r\n",
    "5\t\r\nhello\r\n",
    "5 ;a\r\nhello\r\n",
    "5\t;a\r\nhello\r\n",
    "5 5\r\nhello\r\n",
    "5,5\r\nhello\r\n",
    "5.0\r\nhello\r\n",
    "5_0\r\n",
    "5h\r\nhello\r\n",
    "\"5\"\r\nhello\r\n",
    "5\nhello\n",
    "5\nhello\r\n",
    "5\rhello\r\n",
    "5\r\r\nhello",
    "5\0\r\nhello"s,
    "\0005\r\nhello"s,
    "5\x0b\r\nhello",
    "5\xa0\r\nhello",
    "5\r\nhello0\r\n\r\n",
    "5\r\nhello\n0\r\n\r\n",
    "5\r\nhello\r0\r\n\r\n",
    "5\r\nhello\r\r\n0",
    "5\r\nhello \r\n0",
    "5\r\nhell\r\n0\r\n\r\n",
    "4\r\nhello\r\n0\r\n\r\n",
    "6\r\nhello\r\n0\r\n\r\n",
    "5\r\nhello\r\n\r\n0\r\n\r\n",
    "5\r\nhello\r\n 0\r\n\r\n",
    "0000000000000005\r\nhello",
    "ffffffffffffffff\r\n",
    "10000000000000000\r\n",
    "fffffffffffffffff\r\n",
    "00000000000000000000\r\n\r\n",
    "5;\r\nhello",
    ";\r\n",
    ";a\r\nhello",
    "5;=\r\nhello\r\n",
    "5;a=\r\nhello\r\n",
    "5;;a\r\nhello\r\n",
    "5;a;\r\nhello\r\n",
    "5; \r\nhello\r\n",
    "5;a b\r\nhello\r\n",
    "5;a=b=c\r\nhello\r\n",
    "5;a=b c\r\nhello\r\n",
    "5;@\r\nhello\r\n",
    "5;\"a\"\r\nhello\r\n",
    "5;a=\"b\r\nhello\r\n",
    "5;a=\"b\\\r\nhello\r\n",
    "5;a=\"b\"c\r\nhello\r\n",
    "5;a=\"b\x01\"\r\nhello\r\n",
    "5;a\nhello\r\n",
    "5;a\rhello\r\n",
    "5;a\r\r\n",
    "5;a\0b\r\n"s,
    "5;a\x01\r\n",
    "5;a\x7f\r\n",
    "5;a=\xff\r\n",
    "5;a=\"\n\"\r\n",
    "1;" + std::string(1025, 'e') + "\r\nx\r\n",
    "0\r\n\n",
    "0\r\n\r\r\n",
    "0\r\n\rX",
    "0\n\n",
    "0\n\r\n",
    "0\r\nX\r\n\r\n",
    "0\r\nX : y\r\n\r\n",
    "0\r\n X: y\r\n\r\n",
    "0\r\n: y\r\n\r\n",
    "0\r\nX: y\n\r\n",
    "0\r\nX: y\rZ: w\r\n\r\n",
    "0\r\nX: y\r\n z\r\n\r\n",
    "0\r\nX: y\r\n\tz\r\n\r\n",
    "0\r\nX: \x01\r\n\r\n",
    "0\r\nX: a\0b\r\n\r\n"s,
    "0\r\nX\xff: y\r\n\r\n",
    "0\r\nX y: z\r\n\r\n",
    "0\r\n\nX: y\r\n\r\n",
    "0\r\nContent-Length : 5\r\n\r\n",
    "0\r\nGET / HTTP/1.1\r\n\r\n",
};

TEST(Chunked, WrongBodiesAreFaults) {
  EXPECT_GE(kBadBodies.size(), 70u);
  for (const std::string& body : kBadBodies)
    EXPECT_TRUE(answer_to_chunked(body).starts_with("fault")) << shown(body);
}

TEST(Chunked, EveryPrefixOfABodyWantsMore) {
  const std::string body = "5;e=1\r\nhello\r\n0\r\nX: y\r\n\r\n";
  for (size_t size = 0; size < body.size(); ++size)
    EXPECT_TRUE(answer_to_chunked(body.substr(0, size)).starts_with("more")) << size;
}

TEST(ChunkHead, IsWhatTheDecoderReads) {
  for (const uint64_t size : {uint64_t{1}, uint64_t{15}, uint64_t{16}, uint64_t{65536},
                              uint64_t{0x0fedcba987654321}, ~uint64_t{0}}) {
    char text[kLongestChunkHead];
    const char* begin = chunk_head(text + sizeof text, size);
    ASSERT_GE(begin, text);
    const std::string head(begin, static_cast<size_t>(text + sizeof text - begin));
    EXPECT_EQ(std::stoull(head, nullptr, 16), size);
    EXPECT_TRUE(head.ends_with("\r\n"));
    EXPECT_NE(head[0], '0');
  }
}

}  // namespace
}  // namespace fairlead::wire::http1
