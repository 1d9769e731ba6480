#include "proxy/template_facts.h"

#include <gtest/gtest.h>

#include <string>

#include "http/prepare.h"
#include "http/test_exchange.h"

namespace fairlead::proxy {
namespace {

// What a template becomes for a request from `peer`; 10.0.0.0/8 is trusted.
std::string filled(std::string_view text, const std::string& fields = "",
                   const std::string& target = "/a/./b?c=d",
                   const Address& peer = Address(*Ip::parse("10.0.0.1"), 80)) {
  http::TestExchange exchange(
      "GET " + target + " HTTP/1.1\r\nHost: Shop.Example:81\r\n" + fields + "\r\n", peer);
  const Subnet trusted = *Subnet::parse("10.0.0.0/8");
  Random random(1);
  const auto prepared = http::prepare(exchange->request(), exchange->scratch(),
                                      {.peer = peer, .scheme = "http", .trusted = {&trusted, 1}},
                                      wire::EncodedSlash::refuse, random);
  if (!prepared) return prepared.error().detail;
  return core::Template::parse(text)->expand(ExchangeFacts(*exchange, *prepared));
}

TEST(TemplateFacts, ThePathIsTheNormalOneAndTheQueryAsSent) {
  EXPECT_EQ(filled("{uri} {path} {query}"), "/a/b?c=d /a/b c=d");
  EXPECT_EQ(filled("{uri} {query}", "", "/x"), "/x ");
  EXPECT_EQ(filled("{uri}", "", "/x?"), "/x?");
}

TEST(TemplateFacts, SchemeAndHostAreThoseOfTheOutside) {
  EXPECT_EQ(filled("{scheme}://{host}"), "http://shop.example");
  EXPECT_EQ(
      filled("{scheme}://{host}", "X-Forwarded-Proto: https\r\nX-Forwarded-Host: Out:444\r\n"),
      "https://out");
  EXPECT_EQ(filled("{scheme}://{host}", "Forwarded: for=1.2.3.4;proto=https;host=out\r\n"),
            "https://out");
}

TEST(TemplateFacts, TheClientIsTheOneBehindTrustedProxies) {
  EXPECT_EQ(filled("{client_ip}"), "10.0.0.1");
  EXPECT_EQ(filled("{client_ip}", "X-Forwarded-For: 203.0.113.7\r\n"), "203.0.113.7");
  EXPECT_EQ(filled("{client_ip}", "", "/", Address::unix_path("")), "unix:");
}

TEST(TemplateFacts, TheIdIsTheOneThatIsPassedOn) {
  EXPECT_EQ(filled("{request_id}", "X-Request-Id: abc\r\n"), "abc");
  EXPECT_EQ(filled("{request_id}").size(), 32u);
}

TEST(TemplateFacts, OfAHeaderTheFirst) {
  EXPECT_EQ(filled("[{header:x-a}]", "X-A: 1\r\nx-a: 2\r\n"), "[1]");
  EXPECT_EQ(filled("[{header:x-b}]"), "[]");
}

TEST(TemplateFacts, AHeaderThatIsTakenOutIsNotThere) {
  const Address stranger(*Ip::parse("192.0.2.7"), 80);
  const std::string lies = "X-Forwarded-Proto: https\r\nX-Real-Ip: 6.6.6.6\r\n";
  EXPECT_EQ(filled("{header:x-forwarded-proto} {header:x-real-ip}", lies, "/", stranger), "http ");
}

TEST(TemplateFacts, OfACookieTheFirstOfItsName) {
  const std::string cookies = "Cookie: ab=0; a=1; b=x=y\r\nCookie: c=2; a=3\r\n";
  EXPECT_EQ(filled("{cookie:a} {cookie:b} {cookie:c} {cookie:d}", cookies), "1 x=y 2 ");
}

TEST(TemplateFacts, NoBackendIsChosenWhereFairleadAnswers) {
  EXPECT_EQ(filled("[{backend}]"), "[]");
}

}  // namespace
}  // namespace fairlead::proxy
