// Requests that are right: what the head says. Those that are wrong: http1_bad_request_test.cc.
#include <gtest/gtest.h>

#include <string>

#include "wire/http1_head.h"
#include "wire/http1_test_feed.h"

namespace fairlead::wire::http1 {
namespace {

// Parses the text, which must be right and answer alike however it is cut; the head views `text`.
const RequestHead& read(std::string_view text) {
  static RequestHead head;
  HeadParser parser(Limits{});
  const Parsed parsed = parser.parse(text, head);
  EXPECT_EQ(parsed.state, Parsed::State::complete) << parsed.detail << " " << shown(text);
  EXPECT_EQ(parsed.size, text.size());
  answer_to_request(text);
  return head;
}

TEST(Request, ReadsLineAndFieldsInTheOrderSent) {
  const RequestHead& head =
      read("GET /a/b?x=1&y HTTP/1.1\r\nHost: shop.example\r\nX-One:1\r\nx-two: \t two  \t\r\n\r\n");
  EXPECT_EQ(head.method, Method::get);
  EXPECT_EQ(head.method_text, "GET");
  EXPECT_EQ(head.target, "/a/b?x=1&y");
  EXPECT_EQ(head.form, TargetForm::origin);
  EXPECT_EQ(head.path, "/a/b");
  EXPECT_EQ(head.query, "x=1&y");
  EXPECT_TRUE(head.has_query);
  EXPECT_EQ(head.authority, "shop.example");
  EXPECT_EQ(head.scheme, "");
  EXPECT_EQ(head.minor, 1);
  EXPECT_EQ(head.framing, Framing::none);
  ASSERT_EQ(head.fields.size(), 3u);
  EXPECT_EQ(head.fields.all()[1].name, "X-One");
  EXPECT_EQ(head.fields.all()[1].value, "1");
  EXPECT_EQ(head.fields.all()[2].name, "x-two");
  EXPECT_EQ(head.fields.all()[2].value, "two");
}

TEST(Request, KnowsMethodsByTheirExactName) {
  const std::pair<const char*, Method> rows[] = {{"GET", Method::get},
                                                 {"HEAD", Method::head},
                                                 {"POST", Method::post},
                                                 {"PUT", Method::put},
                                                 {"DELETE", Method::delete_},
                                                 {"OPTIONS", Method::options},
                                                 {"TRACE", Method::trace},
                                                 {"PATCH", Method::patch},
                                                 {"get", Method::other},
                                                 {"PROPFIND", Method::other},
                                                 {"GETS", Method::other},
                                                 {"M-SEARCH", Method::other},
                                                 {"X!#$%&'*+-.^_`|~9", Method::other}};
  for (const auto& [text, method] : rows) {
    const std::string request = std::string(text) + " / HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(read(request).method, method) << text;
  }
}

TEST(Request, IdempotentMethodsAreThoseOfTheStandard) {
  for (const Method method :
       {Method::get, Method::head, Method::put, Method::delete_, Method::options, Method::trace}) {
    EXPECT_TRUE(is_idempotent(method));
  }
  for (const Method method : {Method::post, Method::patch, Method::connect, Method::other})
    EXPECT_FALSE(is_idempotent(method));
}

TEST(Request, TheFourFormsOfTarget) {
  struct Row {
    const char* line;
    const char* host;
    TargetForm form;
    const char *scheme, *authority, *path, *query;
  };
  const Row rows[] = {
      {"GET / HTTP/1.1", "a", TargetForm::origin, "", "a", "/", ""},
      {"GET /? HTTP/1.1", "a:80", TargetForm::origin, "", "a:80", "/", ""},
      {"GET //a/b??c?d HTTP/1.1", "a", TargetForm::origin, "", "a", "//a/b", "?c?d"},
      {"GET http://a.example/x?y HTTP/1.1", "a.example", TargetForm::absolute, "http", "a.example",
       "/x", "y"},
      {"GET HTTP://A.example HTTP/1.1", "a.EXAMPLE", TargetForm::absolute, "HTTP", "A.example", "/",
       ""},
      {"GET https://a?q=/b HTTP/1.1", "a", TargetForm::absolute, "https", "a", "/", "q=/b"},
      {"GET http://a:80/ HTTP/1.1", "a", TargetForm::absolute, "http", "a:80", "/", ""},
      {"GET https://a/ HTTP/1.1", "a:443", TargetForm::absolute, "https", "a", "/", ""},
      {"GET http://[::1]:8080/x HTTP/1.1", "[::1]:8080", TargetForm::absolute, "http", "[::1]:8080",
       "/x", ""},
      {"OPTIONS * HTTP/1.1", "a", TargetForm::asterisk, "", "a", "*", ""},
      {"GET / HTTP/1.1", "a:", TargetForm::origin, "", "a", "/", ""},
      {"GET / HTTP/1.1", "[::1]:", TargetForm::origin, "", "[::1]", "/", ""},
      {"GET http://a:/ HTTP/1.1", "a", TargetForm::absolute, "http", "a", "/", ""},
      {"GET http://a/ HTTP/1.1", "a:", TargetForm::absolute, "http", "a", "/", ""},
      {"OPTIONS http://a:81 HTTP/1.1", "a:81", TargetForm::asterisk, "http", "a:81", "*", ""},
      {"OPTIONS http://a/ HTTP/1.1", "a", TargetForm::absolute, "http", "a", "/", ""},
      {"OPTIONS /x HTTP/1.1", "a", TargetForm::origin, "", "a", "/x", ""},
      {"CONNECT a.example:443 HTTP/1.1", "a.example", TargetForm::authority, "", "a.example:443",
       "", ""},
  };
  for (const Row& row : rows) {
    const std::string text = std::string(row.line) + "\r\nHost: " + row.host + "\r\n\r\n";
    const RequestHead& head = read(text);
    EXPECT_EQ(head.form, row.form) << row.line;
    EXPECT_EQ(head.scheme, row.scheme) << row.line;
    EXPECT_EQ(head.authority, row.authority) << row.line;
    EXPECT_EQ(head.path, row.path) << row.line;
    EXPECT_EQ(head.query, row.query) << row.line;
    EXPECT_EQ(head.has_query, text.find('?') != std::string::npos) << row.line;
  }
}

TEST(Request, HostsThatAreRight) {
  for (const char* host :
       {"a", "A-b_c~d.example", "a.example.", "127.0.0.1", "127.0.0.1:8080", "a:0", "a:65535",
        "a:00080", "[::1]", "[2001:db8::1]:443", "[::ffff:192.0.2.1]", "xn--bcher-kva.example"}) {
    const std::string text = "GET / HTTP/1.1\r\nHost:  " + std::string(host) + " \r\n\r\n";
    EXPECT_EQ(read(text).authority, host);
  }
}

TEST(Request, HttpOneZeroMayLackHostAndClosesByDefault) {
  const RequestHead& head = read("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(head.minor, 0);
  EXPECT_EQ(head.authority, "");
  EXPECT_FALSE(head.keep_alive);
  EXPECT_TRUE(read("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
  EXPECT_FALSE(read("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n").keep_alive);
  EXPECT_EQ(read("GET http://a/ HTTP/1.0\r\n\r\n").authority, "a");
}

const RequestHead& with(const std::string& lines) {
  static std::string text;
  text = "POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n";
  return read(text);
}

TEST(Request, ConnectionDecidesPersistence) {
  EXPECT_TRUE(with("X: y").keep_alive);
  EXPECT_TRUE(with("Connection: keep-alive").keep_alive);
  EXPECT_FALSE(with("Connection: close").keep_alive);
  EXPECT_FALSE(with("Connection: CLOSE").keep_alive);
  EXPECT_FALSE(with("Connection: keep-alive\r\nConnection: close").keep_alive);
  EXPECT_FALSE(with("Connection: , ,close ,").keep_alive);
  EXPECT_TRUE(with("Connection: closed").keep_alive);
  EXPECT_TRUE(with("Connection:").keep_alive);
  EXPECT_TRUE(with("Proxy-Connection: close").keep_alive);
}

TEST(Request, HopByHopFieldsAreThoseKnownAndThoseNamed) {
  const RequestHead& head = with(
      "X-Named: 1\r\nConnection: x-nAMED, te\r\nTE: trailers\r\nKeep-Alive: 5\r\nX-Other: 1\r\n"
      "Proxy-Authorization: b\r\nx-named: 2");
  std::string hops;
  for (const Field& field : head.fields.all()) hops += field.hop_by_hop ? 'h' : '-';
  EXPECT_EQ(hops, "-hhhh-hh");
}

TEST(Request, FramingFollowsItsTwoFields) {
  EXPECT_EQ(with("X: y").framing, Framing::none);
  EXPECT_EQ(with("Content-Length: 0").framing, Framing::length);
  EXPECT_EQ(with("Content-Length: 0").content_length, 0u);
  EXPECT_EQ(with("content-length:5 ").content_length, 5u);
  EXPECT_EQ(with("Content-Length: 0010").content_length, 10u);
  EXPECT_EQ(with("Content-Length: 9223372036854775807").content_length, 9223372036854775807u);
  EXPECT_EQ(with("Transfer-Encoding: chunked").framing, Framing::chunked);
  EXPECT_EQ(with("transfer-encoding: \tChunked\t").framing, Framing::chunked);
}

TEST(Request, ExpectAndUpgradeNeedTheirExactForm) {
  EXPECT_TRUE(with("Expect: 100-Continue").expect_continue);
  EXPECT_FALSE(with("Expect: 100-continue, x").expect_continue);
  EXPECT_FALSE(with("Expect: something").expect_continue);
  EXPECT_FALSE(read("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").expect_continue);
  EXPECT_TRUE(with("Upgrade: websocket\r\nConnection: keep-alive, Upgrade").upgrade);
  EXPECT_FALSE(with("Upgrade: websocket").upgrade);
  EXPECT_FALSE(with("Connection: upgrade").upgrade);
  EXPECT_FALSE(with("Upgrade:\r\nConnection: upgrade").upgrade);
  EXPECT_FALSE(read("GET / HTTP/1.0\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n").upgrade);
}

TEST(Request, ValuesMayHoldTabsAndBytesAbove127ButMayAlsoBeEmpty) {
  const RequestHead& head = with("X: a\tb \xc3\xa9\xff\r\nEmpty:\r\nBlank: \t ");
  EXPECT_EQ(head.fields.find("x"), "a\tb \xc3\xa9\xff");
  EXPECT_EQ(head.fields.find("empty"), "");
  EXPECT_EQ(head.fields.find("blank"), "");
}

TEST(Request, OneEmptyLineBeforeItIsReadOver) {
  EXPECT_EQ(read("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").path, "/");
}

TEST(Request, WhatFollowsTheHeadIsNotLookedAt) {
  static RequestHead head;
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  HeadParser parser(Limits{});
  for (const std::string behind : {"\n", "\r", "GET", "\x01\x02"}) {
    const Parsed parsed = parser.parse(text + behind, head);
    EXPECT_EQ(parsed.state, Parsed::State::complete);
    EXPECT_EQ(parsed.size, text.size());
    parser.reset();
  }
}

TEST(Request, AParserThatEndedOneHeadReadsTheNext) {
  static RequestHead head;
  HeadParser parser(Limits{});
  const std::string first = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(parser.parse(first.substr(0, 20), head).state, Parsed::State::incomplete);
  EXPECT_EQ(parser.parse(first, head).state, Parsed::State::complete);
  EXPECT_EQ(head.path, "/1");
  EXPECT_EQ(parser.parse("GET /2 HTTP/1.0\r\n\r\n", head).state, Parsed::State::complete);
  EXPECT_EQ(head.path, "/2");
  EXPECT_EQ(head.authority, "");
}

TEST(Request, EveryPrefixIsIncomplete) {
  const std::string text =
      "POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-Long: " + std::string(600, 'v') +
      "\r\n\r\n";
  for (size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(answer_to_request(text.substr(0, size)), "incomplete") << size;
}

TEST(Request, LongLinesAndManyFieldsWithinTheLimitsAreRead) {
  std::string text =
      "GET /" + std::string(5000, 'p') + "?" + std::string(5000, '?') + " HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 199; ++i)
    text += "X-" + std::to_string(i) + ": " + std::string(100, 'v') + "\r\n";
  static RequestHead head;
  HeadParser parser(Limits{});
  EXPECT_EQ(parser.parse(text + "\r\n", head).state, Parsed::State::complete);
  EXPECT_EQ(head.fields.size(), 200u);
  EXPECT_EQ(head.path.size(), 5001u);
  EXPECT_EQ(head.query.size(), 5000u);
  parser.reset();
  EXPECT_EQ(parser.parse(text + "x:\r\n", head).fault, Fault::head_too_large);
}

}  // namespace
}  // namespace fairlead::wire::http1
