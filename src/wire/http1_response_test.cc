// Response heads: what backends may send, what is refused, and how their bodies end (RFC 9112 6.3).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/http1_head.h"
#include "wire/http1_test_feed.h"

namespace fairlead::wire::http1 {
namespace {

using namespace std::string_literals;

const ResponseHead& read(const std::string& lines, Method method = Method::get) {
  static std::string text;
  static ResponseHead head;
  text = lines + "\r\n\r\n";
  HeadParser parser(Limits{});
  const Parsed parsed = parser.parse(text, method, head);
  EXPECT_EQ(parsed.state, Parsed::State::complete) << parsed.detail << " " << shown(text);
  EXPECT_EQ(parsed.size, text.size());
  answer_to_response(text, method);
  return head;
}

TEST(Response, ReadsTheStatusLine) {
  const ResponseHead& head = read("HTTP/1.1 404 Not  Found\r\nX: y");
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.reason, "Not  Found");
  EXPECT_EQ(head.minor, 1);
  EXPECT_EQ(head.fields.size(), 1u);
  EXPECT_EQ(read("HTTP/1.0 200 OK").minor, 0);
}

TEST(Response, TheReasonMayBeMissingEvenWithItsSpace) {
  EXPECT_EQ(read("HTTP/1.1 200").reason, "");
  EXPECT_EQ(read("HTTP/1.1 200 ").reason, "");
  EXPECT_EQ(read("HTTP/1.1 200 \xc3\xa9\tx").reason, "\xc3\xa9\tx");
}

TEST(Response, FramingFollowsMethodStatusAndFields) {
  struct Row {
    Method method;
    const char* lines;
    Framing framing;
    uint64_t length;
    bool has_length, keep_alive;
  };
  const Row rows[] = {
      {Method::get, "HTTP/1.1 200 OK\r\nContent-Length: 5", Framing::length, 5, true, true},
      {Method::get, "HTTP/1.1 200 OK\r\nContent-Length: 0", Framing::length, 0, true, true},
      {Method::get, "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked", Framing::chunked, 0, false,
       true},
      {Method::get, "HTTP/1.1 200 OK", Framing::until_close, 0, false, false},
      {Method::get, "HTTP/1.1 200 OK\r\nConnection: keep-alive", Framing::until_close, 0, false,
       false},
      {Method::get, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close", Framing::length, 5,
       true, false},
      {Method::get, "HTTP/1.0 200 OK\r\nContent-Length: 5", Framing::length, 5, true, false},
      {Method::get, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive",
       Framing::length, 5, true, true},
      {Method::head, "HTTP/1.1 200 OK", Framing::none, 0, false, true},
      {Method::head, "HTTP/1.1 200 OK\r\nContent-Length: 5", Framing::none, 5, true, true},
      {Method::head, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", Framing::none, 0, false,
       true},
      {Method::get, "HTTP/1.1 304 Not Modified", Framing::none, 0, false, true},
      {Method::get, "HTTP/1.1 304 Not Modified\r\nContent-Length: 7", Framing::none, 7, true, true},
      {Method::get, "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked", Framing::none, 0,
       false, true},
      {Method::get, "HTTP/1.1 204 No Content", Framing::none, 0, false, true},
      {Method::get, "HTTP/1.1 204 No Content\r\nContent-Length: 0", Framing::none, 0, false, true},
      {Method::get, "HTTP/1.1 205 Reset Content\r\nContent-Length: 0", Framing::length, 0, true,
       true},
      {Method::get, "HTTP/1.1 100 Continue", Framing::none, 0, false, true},
      {Method::get, "HTTP/1.1 103 Early Hints\r\nLink: </a>", Framing::none, 0, false, true},
      {Method::connect, "HTTP/1.1 200 OK", Framing::none, 0, false, true},
      {Method::connect, "HTTP/1.1 403 No\r\nContent-Length: 3", Framing::length, 3, true, true},
  };
  for (const Row& row : rows) {
    const ResponseHead& head = read(row.lines, row.method);
    EXPECT_EQ(head.framing, row.framing) << row.lines;
    EXPECT_EQ(head.content_length, row.length) << row.lines;
    EXPECT_EQ(head.has_content_length, row.has_length) << row.lines;
    EXPECT_EQ(head.keep_alive, row.keep_alive) << row.lines;
    EXPECT_FALSE(head.upgrade) << row.lines;
  }
}

TEST(Response, SwitchingProtocolsNamesTheNewOne) {
  const ResponseHead& head =
      read("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade");
  EXPECT_TRUE(head.upgrade);
  EXPECT_EQ(head.framing, Framing::none);
}

TEST(Response, EveryStatusFrom100To599IsRead) {
  for (int status = 100; status <= 599; ++status) {
    if (status == 101) continue;
    EXPECT_EQ(read("HTTP/1.1 " + std::to_string(status) + " x").status, status);
  }
}

TEST(Response, EveryPrefixIsIncomplete) {
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\n";
  for (size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(answer_to_response(text.substr(0, size)), "incomplete");
}

const std::vector<std::string> kBadLines = {
    "",
    "\r\nHTTP/1.1 200 OK",
    " HTTP/1.1 200 OK",
    "HTTP/1.1",
    "HTTP/1.1 ",
    "HTTP/1.1 2",
    "HTTP/1.1 20",
    "HTTP/1.1 20 OK",
    "HTTP/1.1 2000 OK",
    "HTTP/1.1 0200 OK",
    "HTTP/1.1 200OK",
    "HTTP/1.1 200\tOK",
    "HTTP/1.1  200 OK",
    "HTTP/1.1\t200 OK",
    "HTTP/1.1 -20 OK",
    "HTTP/1.1 +20 OK",
    "HTTP/1.1 2x0 OK",
    "HTTP/1.1 2.0 OK",
    "HTTP/1.1 two OK",
    "HTTP/1.1 000 OK",
    "HTTP/1.1 099 OK",
    "HTTP/1.1 600 OK",
    "HTTP/1.1 999 OK",
    "HTTP/1.1 OK 200",
    "http/1.1 200 OK",
    "HTTP/1 200 OK",
    "HTTP/1. 200 OK",
    "HTTP/11 200 OK",
    "HTTP/1.10 200 OK",
    "HTTP/x.y 200 OK",
    "HTTP 200 OK",
    "ICY 200 OK",
    "200 OK",
    "<html>",
    "GET / HTTP/1.1",
    "HTTP/1.1 200 O\x01K",
    "HTTP/1.1 200 O\x7fK",
    "HTTP/1.1 200 O\0K"s,
    "HTTP/1.1 200 OK\r",
    "HTTP/1.1 200 OK\n",
    "HTTP/1.1 200 OK\rX: y",
    "HTTP/1.1 200 OK\nX: y",
    "\nHTTP/1.1 200 OK",
    "HTTP/1.1 101 Switching Protocols",
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade:",
    "HTTP/1.0 101 Switching Protocols\r\nUpgrade: websocket",
    "HTTP/1.1 100 Continue\r\nContent-Length: 0",
    "HTTP/1.1 100 Continue\r\nContent-Length: 5",
    "HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked",
    "HTTP/1.1 101 x\r\nUpgrade: x\r\nContent-Length: 1",
    "HTTP/1.1 204 No Content\r\nContent-Length: 5",
    "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked",
};

// Behind "HTTP/1.1 200 OK".
const std::vector<std::string> kBadFields = {
    "x",
    "x : y",
    " x: y",
    ": y",
    "x: y\r\n z",
    "x: y\nz: w",
    "x: y\rz: w",
    "x: a\0b"s,
    "x: \x01",
    "x\x80: y",
    "x y: z",
    "Content-Length:",
    "Content-Length: -1",
    "Content-Length: +1",
    "Content-Length: 1,1",
    "Content-Length: 1 1",
    "Content-Length: 0x1",
    "Content-Length: 1\r\nContent-Length: 1",
    "Content-Length: 1\r\nContent-Length: 2",
    "Content-Length: 9223372036854775808",
    "Content-Length: 1\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 1",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: chunked, gzip",
    "Transfer-Encoding: identity",
    "Transfer-Encoding:",
    "Transfer-Encoding: chunked;x",
    "Transfer-Encoding: \x0b"
    "chunked",
    "Connection: content-length\r\nContent-Length: 5",
    "Connection: set-cookie",
    "Connection: a b",
};

TEST(BadResponse, WrongStatusLinesAndForbiddenBodiesAreRefused) {
  for (const std::string& lines : kBadLines)
    EXPECT_EQ(answer_to_response(lines + "\r\n\r\n").substr(0, 8), "fault 1 ") << shown(lines);
}

TEST(BadResponse, WrongFieldsAreRefusedWhateverTheMethodWas) {
  for (const std::string& lines : kBadFields) {
    for (const Method method : {Method::get, Method::head}) {
      const std::string text = "HTTP/1.1 200 OK\r\n" + lines + "\r\n\r\n";
      EXPECT_EQ(answer_to_response(text, method).substr(0, 8), "fault 1 ") << shown(text);
    }
  }
}

TEST(BadResponse, OtherVersionsAndCodingsAreUnsupported) {
  EXPECT_EQ(answer_to_response("HTTP/2.0 200 OK\r\n\r\n").substr(0, 8), "fault 5 ");
  EXPECT_EQ(answer_to_response("HTTP/1.2 200 OK\r\n\r\n").substr(0, 8), "fault 5 ");
  EXPECT_EQ(answer_to_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")
                .substr(0, 8),
            "fault 4 ");
}

TEST(BadResponse, TheTablesAreAsLargeAsTheyClaim) {
  EXPECT_GE(kBadLines.size() + kBadFields.size(), 80u);
}

}  // namespace
}  // namespace fairlead::wire::http1
