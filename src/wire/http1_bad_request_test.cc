// Requests that are refused, each fed whole, byte by byte and split at random.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/http1_head.h"
#include "wire/http1_test_feed.h"

namespace fairlead::wire::http1 {
namespace {

using namespace std::string_literals;

std::string fault_text(Fault fault) {
  return "fault " + std::to_string(static_cast<int>(fault)) + " ";
}

void expect_fault(const std::string& text, Fault fault = Fault::malformed,
                  const Limits& limits = {}) {
  EXPECT_EQ(answer_to_request(text, limits).substr(0, 8), fault_text(fault)) << shown(text);
}

void expect_read(const std::string& text, const Limits& limits) {
  EXPECT_TRUE(answer_to_request(text, limits).starts_with(std::to_string(text.size()) + " "));
}

// Lines instead of "GET / HTTP/1.1".
const std::vector<std::string> kBadLines = {
    "",
    " ",
    "GET",
    "GET ",
    "GET /",
    "GET / ",
    "GET  / HTTP/1.1",
    "GET /  HTTP/1.1",
    "GET / HTTP/1.1 ",
    " GET / HTTP/1.1",
    "\tGET / HTTP/1.1",
    "GET\t/ HTTP/1.1",
    "GET /\tHTTP/1.1",
    "GET / x HTTP/1.1",
    "GET / HTTP/1.1 x",
    "GET / HTTP/1.1 HTTP/1.1",
    "GET HTTP/1.1",
    "GET  HTTP/1.1",
    "/ HTTP/1.1",
    "GET / http/1.1",
    "GET / Http/1.1",
    "GET / HTTP/1.1x",
    "GET / HTTP/11",
    "GET / HTTP/1",
    "GET / HTTP/1.",
    "GET / HTTP/.1",
    "GET / HTTP/1,1",
    "GET / HTTP/01.1",
    "GET / HTTP/1.01",
    "GET / HTTP/1.10",
    "GET / HTTP/-1.1",
    "GET / HTTP/+1.1",
    "GET / HTTP/a.b",
    "GET / HTTP 1.1",
    "GET / HTTP/ 1.1",
    "GET / HTTPS/1.1",
    "GET / XTTP/1.1",
    "GET / ICY/1.1",
    "GET / RTSP/1.0",
    "G(T / HTTP/1.1",
    "G@T / HTTP/1.1",
    "G:T / HTTP/1.1",
    "G,T / HTTP/1.1",
    "G/T / HTTP/1.1",
    "\"GET\" / HTTP/1.1",
    "G\xc3\x89T / HTTP/1.1",
    "G\x7fT / HTTP/1.1",
    "G\x01T / HTTP/1.1",
    "G\0T / HTTP/1.1"s,
    "AVERYLONGMETHODTHATNOBODYHASEVERREGISTERED / HTTP/1.1",
    "GET x HTTP/1.1",
    "GET x/y HTTP/1.1",
    "GET ?x HTTP/1.1",
    "GET \\x HTTP/1.1",
    "GET * HTTP/1.1",
    "OPTIONS ** HTTP/1.1",
    "OPTIONS *? HTTP/1.1",
    "OPTIONS */x HTTP/1.1",
    "GET a:80 HTTP/1.1",
    "GET //\xff HTTP/1.1",
    "GET /\xc3\xa9 HTTP/1.1",
    "GET /\x7f HTTP/1.1",
    "GET /\x01 HTTP/1.1",
    "GET /\x0b HTTP/1.1",
    "GET /\x1f HTTP/1.1",
    "GET /a\0b HTTP/1.1"s,
    "GET /?\x80 HTTP/1.1",
    "GET /?\x7f HTTP/1.1",
    "GET /#x HTTP/1.1",
    "GET /x?y#z HTTP/1.1",
    "GET # HTTP/1.1",
    "GET http:/a/ HTTP/1.1",
    "GET http//a/ HTTP/1.1",
    "GET http:a HTTP/1.1",
    "GET http:// HTTP/1.1",
    "GET http:/// HTTP/1.1",
    "GET http://?a HTTP/1.1",
    "GET http://a#x HTTP/1.1",
    "GET http://a/#x HTTP/1.1",
    "GET http://u@a/ HTTP/1.1",
    "GET http://u:p@a/ HTTP/1.1",
    "GET http://@a/ HTTP/1.1",
    "GET http://a:x/ HTTP/1.1",
    "GET http://a:65536/ HTTP/1.1",
    "GET http://a:-1/ HTTP/1.1",
    "GET http://a,b/ HTTP/1.1",
    "GET http://a\\b/ HTTP/1.1",
    "GET http://[::1/ HTTP/1.1",
    "GET http://%61/ HTTP/1.1",
    "GET ftp://a/ HTTP/1.1",
    "GET ws://a/ HTTP/1.1",
    "GET httpx://a/ HTTP/1.1",
    "GET file:///etc/passwd HTTP/1.1",
    "GET javascript:x HTTP/1.1",
    "GET http://b/ HTTP/1.1",
    "GET http://a:81/ HTTP/1.1",
    "GET https://a:80/ HTTP/1.1",
    "GET http://a.b/ HTTP/1.1",
    "GET http://a./ HTTP/1.1",
    "CONNECT / HTTP/1.1",
    "CONNECT a HTTP/1.1",
    "CONNECT a: HTTP/1.1",
    "CONNECT a:x HTTP/1.1",
    "CONNECT a:1/ HTTP/1.1",
    "CONNECT a:99999 HTTP/1.1",
    "CONNECT http://a:1 HTTP/1.1",
    "CONNECT * HTTP/1.1",
    "CONNECT u@a:1 HTTP/1.1",
    "CONNECT a:1?x HTTP/1.1",
    "CONNECT :443 HTTP/1.1",
};

// Lines behind "Host: a".
const std::vector<std::string> kBadFields = {
    // What is no field line.
    "x",
    "x y",
    ": y",
    ":",
    "x : y",
    "x\t: y",
    " x: y",
    "\tx: y",
    "x: y\r\n z",
    "x: y\r\n\tz: w",
    "x: y\r\n ",
    "x: y\r\n \r\n",
    "x y: z",
    "x(: y",
    "x/y: z",
    "x@y: z",
    "x[0]: z",
    "x\\: z",
    "x{: z",
    "x\"y\": z",
    "x;: z",
    "x,: z",
    "x=y",
    "x?: y",
    "<x>: y",
    "\xc3\xa9: y",
    "x\xff: y",
    "x\x7f: y",
    "x\x01y: z",
    "x\0: y"s,
    "\0x: y"s,
    "\x0bx: y",
    // Controls and line ends.
    "x: \x01",
    "x: a\x08z",
    "x: a\x0bz",
    "x: a\x0cz",
    "x: a\x1bz",
    "x: a\x1fz",
    "x: a\x7fz",
    "x: a\0z"s,
    "x: \0"s,
    "x: y\nz: w",
    "x: y\n",
    "x: y\n\r",
    "x: y\rz: w",
    "x: y\r",
    "x: y\r\r\nz: w",
    "x: \r y",
    "x: \n y",
    "x\r: y",
    "x\n: y",
    "\nx: y",
    "\rx: y",
    "x: y\r\n\rz: w",
    "x: y\r\n\nz: w",
    // Lengths.
    "Content-Length:",
    "Content-Length: ",
    "Content-Length: +5",
    "Content-Length: -5",
    "Content-Length: -0",
    "Content-Length: 5 5",
    "Content-Length: 5, 5",
    "Content-Length: 5,",
    "Content-Length: ,5",
    "Content-Length: 5;5",
    "Content-Length: 0x5",
    "Content-Length: 5h",
    "Content-Length: 5.0",
    "Content-Length: 5e1",
    "Content-Length: 1_000",
    "Content-Length: \"5\"",
    "Content-Length: five",
    "Content-Length: \xd9\xa5",
    "Content-Length: 9223372036854775808",
    "Content-Length: 18446744073709551615",
    "Content-Length: 18446744073709551616",
    "Content-Length: 99999999999999999999999999999999",
    "Content-Length: 00000000000000000005",
    "Content-Length: 5\r\nContent-Length: 5",
    "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length: 5\r\nX: y\r\ncontent-length: 5",
    "Content-Length:\r\nContent-Length: 5",
    "Content-Length : 5",
    " Content-Length: 5",
    "Content-Length\x0b: 5",
    "Content-Length: 5\r\n , 6",
    // Codings.
    "Transfer-Encoding:",
    "Transfer-Encoding: ,",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: identity, chunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: chunked,chunked",
    "Transfer-Encoding: chunked, gzip",
    "Transfer-Encoding: gzip, chunked, chunked",
    "Transfer-Encoding: chunked,",
    "Transfer-Encoding: , chunked",
    "Transfer-Encoding: gzip, , chunked",
    "Transfer-Encoding: chunked; x=y",
    "Transfer-Encoding: chunked;",
    "Transfer-Encoding: \"chunked\"",
    "Transfer-Encoding: 'chunked' x",
    "Transfer-Encoding: chun ked",
    "Transfer-Encoding: chunked x",
    "Transfer-Encoding: chunked\x0b",
    "Transfer-Encoding: \x0b"
    "chunked",
    "Transfer-Encoding: chunked\0"s,
    "Transfer-Encoding: chunked\xa0",
    "Transfer-Encoding\t: chunked",
    "Transfer-Encoding : chunked",
    " Transfer-Encoding: chunked",
    "Transfer-Encoding:\r\n chunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
    "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "Content-Length: 5\r\nTransfer-Encoding: x",
    "Content-Length: x\r\nTransfer-Encoding: chunked",
    "Content-Length: 0\r\nTransfer-Encoding: chunked",
    // Connection.
    "Connection: host",
    "Connection: close, Host",
    "Connection: Content-Length\r\nContent-Length: 5",
    "Connection: transfer-encoding\r\nTransfer-Encoding: chunked",
    "Connection: content-type",
    "Connection: content-encoding",
    "Connection: x-forwarded-for",
    "Connection: close, X-Forwarded-Proto",
    "Connection: forwarded",
    "Connection: x-real-ip",
    "Connection: cookie",
    "Connection: Authorization",
    "Connection: cache-control",
    "Connection: via",
    "Connection: x-request-id",
    "Connection: close; x",
    "Connection: \"close\"",
    "Connection: a b",
    "Connection: (close)",
    "Connection: a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a",
};

// Instead of "a" behind "Host: ".
const std::vector<std::string> kBadHosts = {
    "",
    " ",
    "a b",
    "a,b",
    "a, b",
    "a;b",
    "a/b",
    "/a",
    "a/",
    "a?b",
    "a#b",
    "a\\b",
    "u@a",
    "u:p@a",
    "@a",
    "http://a",
    ":80",
    ":",
    "a::",
    "a:x",
    "a:80x",
    "a:+80",
    "a:-1",
    "a:65536",
    "a:99999",
    "a:000080",
    "a:80:80",
    "a: 80",
    "a :80",
    "a%62",
    "a\"b",
    "a'b",
    "<a>",
    "a|b",
    "a\xc3\xa9",
    "a\x80",
    "::1",
    "fe80::1",
    "[::1",
    "::1]",
    "[]",
    "[a]",
    "[127.0.0.1]",
    "[::1]x",
    "[::1]:x",
    "[::1%eth0]",
    "[::1%25eth0]",
    "[v1.x]",
    "[1:2:3:4:5:6:7:8:9]",
    "[::g]",
    "[[::1]]",
    "a[::1]",
    "a\r\nHost: a",
    "a\r\nHost: b",
    "a\r\nhost:",
    "*",
    "$a",
    "a&b",
    "(a)",
};

TEST(BadRequest, WrongStartLinesAreRefused) {
  for (const std::string& line : kBadLines) expect_fault(line + "\r\nHost: a\r\n\r\n");
}

TEST(BadRequest, WrongFieldLinesAreRefused) {
  for (const std::string& lines : kBadFields)
    expect_fault("POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n");
}

TEST(BadRequest, WrongFirstLinesBehindTheRequestLineAreRefused) {
  for (const std::string lines : {" Host: a", "\tHost: a", ": a", "Host : a", "Host", "\nHost: a"})
    expect_fault("GET / HTTP/1.1\r\n" + lines + "\r\n\r\n");
}

TEST(BadRequest, WrongHostsAreRefused) {
  for (const std::string& host : kBadHosts) {
    expect_fault("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    expect_fault("GET / HTTP/1.0\r\nHost: " + host + "\r\n\r\n");
    expect_fault("GET http://a/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  }
}

TEST(BadRequest, HostIsMissing) {
  expect_fault("GET / HTTP/1.1\r\n\r\n");
  expect_fault("GET http://a/ HTTP/1.1\r\n\r\n");
  expect_fault("OPTIONS * HTTP/1.1\r\nX-Host: a\r\n\r\n");
}

TEST(BadRequest, BareLineEndsAreRefused) {
  expect_fault("GET / HTTP/1.1\nHost: a\n\n");
  expect_fault("GET / HTTP/1.1\nHost: a\r\n\r\n");
  expect_fault("GET / HTTP/1.1\r\nHost: a\n\r\n");
  expect_fault("GET / HTTP/1.1\r\nHost: a\r\n\n");
  expect_fault("GET / HTTP/1.1\r\nHost: a\r\n\rX");
  expect_fault("GET / HTTP/1.1\rHost: a\r\r");
  expect_fault("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n");
  expect_fault("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_fault("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_fault("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_fault("\r\n GET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST(BadRequest, FaultsAreToldBeforeTheHeadIsComplete) {
  expect_fault("\x16\x03\x01");
  expect_fault("GET / HTTP/1.1\n");
  expect_fault("GET /\r\n");
  expect_fault("SSH-2.0-OpenSSH_9.2\r\n");
  expect_fault("GET / HTTP/1.1\r\nHost : a");
  expect_fault("GET / HTTP/1.1\r\nHost: a\x01");
  expect_fault("PRI * HTTP/2.0\r\n", Fault::unsupported_version);
}

TEST(BadRequest, NoControlPassesAnywhere) {
  for (int byte = 0; byte < 256; ++byte) {
    if (byte >= 0x20 && byte < 0x7f) continue;
    const std::string c(1, static_cast<char>(byte));
    expect_fault("G" + c + "T / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_fault("GET /" + c + " HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_fault("GET /?" + c + " HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_fault("GET / HTTP/1.1" + c + "\r\nHost: a\r\n\r\n");
    expect_fault("GET / HTTP/1.1\r\nHost: a\r\nX" + c + "y: z\r\n\r\n");
    if (byte != '\t' && byte < 0x80)
      expect_fault("GET / HTTP/1.1\r\nHost: a\r\nX: y" + c + "z\r\n\r\n");
  }
}

TEST(BadRequest, OtherVersionsAreWellFormedButNotOurs) {
  for (const std::string version :
       {"HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/1.9", "HTTP/3.0", "HTTP/9.9"}) {
    expect_fault("GET / " + version + "\r\nHost: a\r\n\r\n", Fault::unsupported_version);
    expect_fault("GET / " + version + "\r\n\r\n", Fault::unsupported_version);
  }
}

TEST(BadRequest, UnknownCodingsAreUnsupported) {
  for (const std::string coding : {"gzip", "gzip, chunked", "xchunked", "chunkedx", "deflate",
                                   "x, y", "chunk", "cow", "'chunked'"}) {
    expect_fault("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + coding + "\r\n\r\n",
                 Fault::unsupported_coding);
  }
}

TEST(BadRequest, HttpOneZeroHasNoCodings) {
  expect_fault("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
  expect_fault("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n");
}

TEST(BadRequest, LimitsAreExact) {
  const std::string line = "GET / HTTP/1.1";
  const std::string rest = "\r\nHost: a\r\nX: y\r\n\r\n";
  const auto size = static_cast<uint32_t>(line.size());
  const auto all = static_cast<uint32_t>((line + rest).size());
  expect_read(line + rest, {.max_line = size});
  expect_fault(line + rest, Fault::line_too_long, {.max_line = size - 1});
  expect_fault(line, Fault::line_too_long, {.max_line = size - 1});
  expect_read(line + rest, {.max_head = all});
  expect_fault(line + rest, Fault::head_too_large, {.max_head = all - 1});
  expect_fault(line + rest, Fault::line_too_long, {.max_head = size});
  expect_read(line + rest, {.max_fields = 2});
  expect_fault(line + rest, Fault::head_too_large, {.max_fields = 1});
  expect_fault(line + "\r\nHost: a\r\nX: y\r\nZ\r\n", Fault::head_too_large, {.max_fields = 1});
  expect_fault(line + "\r\nHost: a\r\nX\r\nZ: z\r\n", Fault::malformed, {.max_fields = 1});
}

TEST(BadRequest, TheFirstFaultInTheBytesIsTheOneTold) {
  expect_fault(std::string(30, 'a') + "\n", Fault::line_too_long, {.max_line = 20});
  expect_fault(std::string(10, 'a') + "\n" + std::string(30, 'a'), Fault::malformed,
               {.max_line = 20});
}

TEST(BadRequest, ALongNameOrMethodIsRefusedEarly) {
  expect_fault("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(257, 'x'));
  EXPECT_EQ(answer_to_request("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(256, 'x')),
            "incomplete");
}

TEST(BadRequest, TheTablesAreAsLargeAsTheyClaim) {
  EXPECT_GE(kBadLines.size() + kBadFields.size() + kBadHosts.size(), 280u);
}

}  // namespace
}  // namespace fairlead::wire::http1
