#include "http/client_address.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fairlead::http {
namespace {

const Ip kPeer = *Ip::parse("10.0.0.1");
const std::vector<Subnet> kTrusted = {*Subnet::parse("10.0.0.0/8"), *Subnet::parse("fd00::/8")};

std::string node(std::string_view text) {
  const auto ip = ip_of_node(text);
  return ip ? ip->text() : "-";
}
std::string chain(std::string_view text) { return client_of_chain(kPeer, text, kTrusted).text(); }

// "ip scheme host"
std::string forwarded(std::string_view text) {
  const Asker asker = asker_of_forwarded(kPeer, text, kTrusted);
  return asker.ip.text() + " " + std::string(asker.scheme) + " " + std::string(asker.host);
}

TEST(Node, AnAddressWithOrWithoutItsPort) {
  EXPECT_EQ(node("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(node("192.0.2.1:4711"), "192.0.2.1");
  EXPECT_EQ(node("192.0.2.1:_hidden"), "192.0.2.1");
  EXPECT_EQ(node("2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(node("[2001:db8::1]"), "2001:db8::1");
  EXPECT_EQ(node("[2001:db8::1]:443"), "2001:db8::1");
  EXPECT_EQ(node("::ffff:192.0.2.1"), "192.0.2.1");
}

TEST(Node, EverythingElseIsNobody) {
  for (const char* text :
       {"", "unknown", "_hidden", "unix:", "192.0.2.1:", "192.0.2.1:80:90", "192.0.2", "[::1",
        "[::1]x", "[::1]:", "::1]", "[192.0.2.1]", "192.0.2.1 ", "a.example", "1:2", "[]", ":80"})
    EXPECT_EQ(node(text), "-") << text;
}

TEST(Scheme, OfTwoNamesInAnyCase) {
  EXPECT_EQ(scheme_of("HTTPS"), "https");
  EXPECT_EQ(scheme_of("wss"), "https");
  EXPECT_EQ(scheme_of("http"), "http");
  EXPECT_EQ(scheme_of("ws"), "http");
  for (const char* text : {"", "ftp", "https ", "httpss", "on"}) EXPECT_EQ(scheme_of(text), "");
}

TEST(Chain, TheLastAddressThatIsNoTrustedProxy) {
  EXPECT_EQ(chain("203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(chain("6.6.6.6, 203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(chain("203.0.113.7, 10.1.1.1,\t10.2.2.2"), "203.0.113.7");
  EXPECT_EQ(chain("203.0.113.7:1234, [fd00::1]:80"), "203.0.113.7");
}

TEST(Chain, OfTrustedProxiesAloneTheFirst) { EXPECT_EQ(chain("10.9.9.9, 10.1.1.1"), "10.9.9.9"); }

TEST(Chain, WhatCannotBeReadHidesWhatIsLeftOfIt) {
  EXPECT_EQ(chain(""), "10.0.0.1");
  EXPECT_EQ(chain("203.0.113.7, unknown"), "10.0.0.1");
  EXPECT_EQ(chain("203.0.113.7, x, 10.1.1.1"), "10.1.1.1");
  EXPECT_EQ(chain("203.0.113.7,"), "10.0.0.1");
  EXPECT_EQ(chain("203.0.113.7,, 10.1.1.1"), "10.1.1.1");
}

TEST(ForwardedAsker, TellsAddressSchemeAndHost) {
  EXPECT_EQ(forwarded(R"(for="203.0.113.7:80";proto=https;host=shop.example)"),
            "203.0.113.7 https shop.example");
  EXPECT_EQ(forwarded(R"(for="[2001:db8::1]:80")"), "2001:db8::1  ");
}

TEST(ForwardedAsker, ElementsOfStrangersAreNotRead) {
  EXPECT_EQ(forwarded("for=6.6.6.6;proto=https;host=evil, for=203.0.113.7;proto=http"),
            "203.0.113.7 http ");
}

TEST(ForwardedAsker, TheOutermostTrustedProxyKnowsBest) {
  EXPECT_EQ(forwarded("for=203.0.113.7;proto=https;host=out, for=10.1.1.1;proto=http;host=in"),
            "203.0.113.7 https out");
  EXPECT_EQ(forwarded("for=203.0.113.7, for=10.1.1.1;proto=https;host=in"), "203.0.113.7 https in");
}

TEST(ForwardedAsker, AHiddenClientHidesWhatIsLeftOfIt) {
  EXPECT_EQ(forwarded("for=203.0.113.7, for=_hidden;proto=https"), "10.0.0.1 https ");
  EXPECT_EQ(forwarded("for=203.0.113.7, proto=https"), "10.0.0.1 https ");
}

TEST(ForwardedAsker, WhatCannotBeReadSaysNothing) {
  EXPECT_EQ(forwarded(R"(for="x, for=203.0.113.7;proto=https)"), "10.0.0.1  ");
  EXPECT_EQ(forwarded("for=203.0.113.7;proto=gopher;host=\"a b\""), "203.0.113.7  ");
}

}  // namespace
}  // namespace fairlead::http
