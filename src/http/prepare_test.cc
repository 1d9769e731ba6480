#include "http/prepare.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/test_exchange.h"

namespace fairlead::http {
namespace {

const Address kStranger(*Ip::parse("192.0.2.7"), 4711);
const Address kProxy(*Ip::parse("10.0.0.1"), 80);
const std::vector<Subnet> kTrusted = {*Subnet::parse("10.0.0.0/8")};

// A request for /, prepared; `fields` are whole lines.
class Asked {
 public:
  explicit Asked(const Address& peer, const std::string& fields,
                 const std::string& line = "GET / HTTP/1.1", const net::TlsFacts& tls = {})
      : exchange_(line + "\r\nHost: Shop.Example:8080\r\n" + fields + "\r\n", peer),
        prepared_(prepare(exchange_->request(), exchange_->scratch(),
                          {.peer = peer,
                           .scheme = tls.is_encrypted() ? "https" : "http",
                           .trusted = kTrusted,
                           .tls = tls},
                          wire::EncodedSlash::refuse, random_)) {}

  // The values of a field that are passed on, joined with " | "; "-" where there is none.
  std::string sent(std::string_view name) {
    std::string out;
    for (const Field& field : exchange_->request().fields.all()) {
      if (field.hop_by_hop || !wire::http1::equals_ignoring_case(field.name, name)) continue;
      out.append(out.empty() ? "" : " | ").append(field.value);
    }
    return out.empty() ? "-" : out;
  }
  const Result<Prepared>& prepared() const { return prepared_; }
  const Prepared* operator->() const { return &*prepared_; }
  Request& head() { return exchange_->request(); }

 private:
  Random random_{1};
  TestExchange exchange_;
  Result<Prepared> prepared_;
};

// ---- a stranger

TEST(Stranger, IsNamedToTheBackend) {
  Asked request(kStranger, "");
  ASSERT_TRUE(request.prepared());
  EXPECT_EQ(request.sent("x-forwarded-for"), "192.0.2.7");
  EXPECT_EQ(request.sent("x-forwarded-proto"), "http");
  EXPECT_EQ(request.sent("x-forwarded-host"), "Shop.Example:8080");
  EXPECT_EQ(request.sent("forwarded"), "-");
  EXPECT_EQ(request.sent("x-request-id").size(), 32u);
  EXPECT_EQ(request->client, kStranger.ip());
  EXPECT_EQ(request->client_text, "192.0.2.7");
  EXPECT_EQ(request->scheme, "http");
  EXPECT_EQ(request->host, "shop.example");
  EXPECT_EQ(request->outside_host, "shop.example");
}

TEST(Stranger, IsBelievedInNothing) {
  Asked request(kStranger,
                "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n"
                "X-Forwarded-Host: evil\r\nX-Forwarded-Port: 443\r\nX-Forwarded-Ssl: on\r\n"
                "X-Real-Ip: 6.6.6.6\r\nX-Request-Id: mine\r\nX-Fairlead-Mirror: 1\r\n"
                "Forwarded: for=6.6.6.6;proto=https;host=evil\r\n");
  EXPECT_EQ(request.sent("x-forwarded-for"), "192.0.2.7");
  EXPECT_EQ(request.sent("x-forwarded-proto"), "http");
  EXPECT_EQ(request.sent("x-forwarded-host"), "Shop.Example:8080");
  for (const char* name :
       {"x-forwarded-port", "x-forwarded-ssl", "x-real-ip", "x-fairlead-mirror", "forwarded"})
    EXPECT_EQ(request.sent(name), "-") << name;
  EXPECT_NE(request->request_id, "mine");
  EXPECT_EQ(request->scheme, "http");
  EXPECT_EQ(request->outside_host, "shop.example");
}

constexpr net::TlsFacts kAlice{.version = "TLSv1.3",
                               .server_name = "shop.example",
                               .client_subject = "CN=alice",
                               .client_names = "DNS:alice.example"};
constexpr const char* kMallory =
    "X-Client-Cert-Subject: CN=mallory\r\nx-client-cert-san: DNS:m\r\n"
    "x_client_cert_subject: CN=mallory\r\nX-Client_Cert-San: DNS:m\r\n";

TEST(Certificate, OfTheClientIsToldToTheBackend) {
  Asked request(kStranger, kMallory, "GET / HTTP/1.1", kAlice);
  EXPECT_EQ(request.sent("x-client-cert-subject"), "CN=alice");
  EXPECT_EQ(request.sent("x-client-cert-san"), "DNS:alice.example");
  EXPECT_EQ(request.sent("x_client_cert_subject"), "-");
  EXPECT_EQ(request.sent("x-client_cert-san"), "-");
  EXPECT_EQ(request.sent("x-forwarded-proto"), "https");
}

TEST(Certificate, IsNothingThatAStrangerMayClaim) {
  Asked request(kStranger, kMallory);
  for (const char* name : {"x-client-cert-subject", "x-client-cert-san", "x_client_cert_subject"})
    EXPECT_EQ(request.sent(name), "-") << name;
}

TEST(Certificate, OfWhomATrustedProxyNamesGoesBeforeTheProxysOwn) {
  Asked request(kProxy, "X-Client-Cert-Subject: CN=bob\r\n", "GET / HTTP/1.1", kAlice);
  EXPECT_EQ(request.sent("x-client-cert-subject"), "CN=bob");
  EXPECT_EQ(request.sent("x-client-cert-san"), "-");
}

TEST(Stranger, CannotSpellANameWithUnderscores) {
  Asked request(
      kStranger,
      "X_Forwarded_For: 6.6.6.6\r\nX-Forwarded_Proto: https\r\nx_real_ip: 6.6.6.6\r\n"
      "X_Fairlead_Mirror: 1\r\nContent_Length: 5\r\nTransfer_Encoding: chunked\r\nX_Tenant: 7\r\n");
  for (const char* name : {"x_forwarded_for", "x-forwarded_proto", "x_real_ip", "x_fairlead_mirror",
                           "content_length", "transfer_encoding"})
    EXPECT_EQ(request.sent(name), "-") << name;
  EXPECT_EQ(request.sent("x_tenant"), "7");
}

// ---- a trusted proxy

TEST(TrustedProxy, IsBelievedByXForwarded) {
  Asked request(kProxy,
                "X-Forwarded-For: 203.0.113.7:4711\r\nX-Forwarded-Proto: HTTPS\r\n"
                "X-Forwarded-Host: Out.Example:444\r\nX-Forwarded-Port: 444\r\n"
                "X-Real-Ip: 203.0.113.7\r\nX-Fairlead-Mirror: 1\r\n"
                "X-Request-Id: theirs\r\n");
  EXPECT_EQ(request->client_text, "203.0.113.7");
  EXPECT_EQ(request->scheme, "https");
  EXPECT_EQ(request->host, "shop.example");
  EXPECT_EQ(request->outside_host, "out.example");
  EXPECT_EQ(request->request_id, "theirs");
  EXPECT_EQ(request.sent("x-forwarded-for"), "203.0.113.7:4711, 10.0.0.1");
  EXPECT_EQ(request.sent("x-forwarded-proto"), "HTTPS");
  EXPECT_EQ(request.sent("x-forwarded-host"), "Out.Example:444");
  EXPECT_EQ(request.sent("x-forwarded-port"), "444");
  EXPECT_EQ(request.sent("x-real-ip"), "203.0.113.7");
  EXPECT_EQ(request.sent("x-fairlead-mirror"), "1");
}

TEST(TrustedProxy, LinesOfXForwardedForAreOneList) {
  Asked request(kProxy, "X-Forwarded-For: 6.6.6.6\r\nx-forwarded-for: 203.0.113.7, 10.1.1.1\r\n");
  EXPECT_EQ(request->client_text, "203.0.113.7");
  EXPECT_EQ(request.sent("x-forwarded-for"), "6.6.6.6, 203.0.113.7, 10.1.1.1, 10.0.0.1");
}

TEST(TrustedProxy, IsTheClientWhereItNamesNone) {
  Asked request(kProxy, "X-Forwarded-For: unknown\r\n");
  EXPECT_EQ(request->client_text, "10.0.0.1");
  EXPECT_EQ(request.sent("x-forwarded-for"), "unknown, 10.0.0.1");
}

TEST(TrustedProxy, ASchemeOrHostThatCannotBeReadIsReplaced) {
  Asked request(kProxy, "X-Forwarded-Proto: gopher\r\nX-Forwarded-Host: a b\r\n");
  EXPECT_EQ(request->scheme, "http");
  EXPECT_EQ(request.sent("x-forwarded-proto"), "http");
  EXPECT_EQ(request.sent("x-forwarded-host"), "Shop.Example:8080");
}

TEST(TrustedProxy, OfAListOfSchemesOrHostsTheFirstCounts) {
  Asked request(kProxy, "X-Forwarded-Proto: https, http\r\nX-Forwarded-Host: out, in\r\n");
  EXPECT_EQ(request->scheme, "https");
  EXPECT_EQ(request->outside_host, "out");
  EXPECT_EQ(request.sent("x-forwarded-proto"), "https, http");
}

TEST(TrustedProxy, IsBelievedByForwarded) {
  Asked request(kProxy,
                "Forwarded: for=\"[2001:db8::1]:80\";proto=https;host=\"Out.Example:444\"\r\n");
  EXPECT_EQ(request->client_text, "2001:db8::1");
  EXPECT_EQ(request->scheme, "https");
  EXPECT_EQ(request->outside_host, "out.example");
  EXPECT_EQ(request.sent("forwarded"),
            "for=\"[2001:db8::1]:80\";proto=https;host=\"Out.Example:444\", "
            "for=10.0.0.1;proto=http");
  EXPECT_EQ(request.sent("x-forwarded-for"), "2001:db8::1, 10.0.0.1");
  EXPECT_EQ(request.sent("x-forwarded-proto"), "https");
  EXPECT_EQ(request.sent("x-forwarded-host"), "Out.Example:444");
}

TEST(TrustedProxy, LinesOfForwardedAreOneList) {
  Asked request(kProxy, "Forwarded: for=203.0.113.7\r\nforwarded: for=10.1.1.1\r\n");
  EXPECT_EQ(request->client_text, "203.0.113.7");
}

TEST(TrustedProxy, ThatWritesXForwardedIsNotHeardByForwarded) {
  Asked request(kProxy,
                "X-Forwarded-For: 203.0.113.7\r\nForwarded: for=6.6.6.6;proto=https;host=evil\r\n");
  EXPECT_EQ(request->client_text, "203.0.113.7");
  EXPECT_EQ(request->scheme, "http");
  EXPECT_EQ(request->outside_host, "shop.example");
  EXPECT_EQ(request.sent("forwarded"), "for=203.0.113.7;proto=http, for=10.0.0.1;proto=http");
}

TEST(TrustedProxy, ForwardedThatIsNotBelievedDoesNotGoOn) {
  Asked request(kProxy, "X-Forwarded-Proto: https\r\nForwarded: for=6.6.6.6\r\n");
  EXPECT_EQ(request.sent("forwarded"), "for=10.0.0.1;proto=http");
}

TEST(TrustedProxy, ForwardedThatCannotBeReadDoesNotGoOn) {
  Asked request(kProxy, "Forwarded: for=6.6.6.6;x=\"\r\nForwarded: for=\"203.0.113.7\"\r\n");
  EXPECT_EQ(request->client_text, "10.0.0.1");
  EXPECT_EQ(request.sent("x-forwarded-for"), "10.0.0.1");
  EXPECT_EQ(request.sent("forwarded"), "for=10.0.0.1;proto=http");
}

TEST(TrustedProxy, UnderscoresAreNotForItEither) {
  Asked request(kProxy, "X_Forwarded_For: 6.6.6.6\r\n");
  EXPECT_EQ(request.sent("x_forwarded_for"), "-");
  EXPECT_EQ(request->client_text, "10.0.0.1");
}

TEST(TrustedProxy, AnAbsurdIdIsReplaced) {
  Asked request(kProxy, "X-Request-Id: " + std::string(129, 'x') + "\r\n");
  EXPECT_EQ(request->request_id.size(), 32u);
}

// ---- a Unix socket

TEST(UnixPeer, HasNoAddressAndGetsNone) {
  Asked request(Address::unix_path(""), "X-Forwarded-For: 6.6.6.6\r\n");
  ASSERT_TRUE(request.prepared());
  EXPECT_EQ(request->client_text, "unix:");
  EXPECT_EQ(request.sent("x-forwarded-for"), "-");
  EXPECT_EQ(request.sent("x-forwarded-proto"), "http");
}

// ---- the target

TEST(Target, IsSentAsItIsMatched) {
  Asked request(kStranger, "", "GET //a/./b/%61?q=%61 HTTP/1.1");
  EXPECT_EQ(request->path, "/a/b/a");
  EXPECT_EQ(request.head().target, "/a/b/a?q=%61");
}

TEST(Target, InAbsoluteFormIsSentAsAPath) {
  Asked request(kStranger, "", "GET http://shop.example:8080?q HTTP/1.1");
  EXPECT_EQ(request.head().target, "/?q");
}

TEST(Target, OfTheServerAsAWholeIsAnAsterisk) {
  for (const char* line : {"OPTIONS * HTTP/1.1", "OPTIONS http://shop.example:8080 HTTP/1.1"}) {
    Asked request(kStranger, "", line);
    EXPECT_EQ(request.head().target, "*") << line;
    EXPECT_EQ(request->path, "*") << line;
  }
}

TEST(Target, ThatCanBeReadInTwoWaysIsRefused) {
  for (const char* path : {"/a%2fb", "/..", "/a/%2e%2e/..", "/a%00", "/a\\b"}) {
    Asked request(kStranger, "", std::string("GET ") + path + " HTTP/1.1");
    ASSERT_FALSE(request.prepared()) << path;
    EXPECT_EQ(request.prepared().error().code, Code::malformed) << path;
    EXPECT_EQ(request.prepared().error().side, Side::downstream) << path;
  }
}

TEST(Target, OfConnectIsNotForUs) {
  Asked request(kStranger, "", "CONNECT shop.example:8080 HTTP/1.1");
  ASSERT_FALSE(request.prepared());
  EXPECT_EQ(request.prepared().error().code, Code::unsupported);
}

TEST(Upgrade, ToHttp2IsNotPassedOn) {
  Asked request(kStranger, "Connection: upgrade\r\nUpgrade: foo, H2C\r\n");
  EXPECT_FALSE(request.head().upgrade);
  Asked websocket(kStranger, "Connection: upgrade\r\nUpgrade: websocket\r\n");
  EXPECT_TRUE(websocket.head().upgrade);
}

TEST(FullHead, IsRefusedBeforeAFieldOfOursIsLeftOut) {
  Asked request(kStranger, "");
  TestExchange exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  while (exchange->request().fields.add({.name = "a", .value = "b"})) {
  }
  Random random(1);
  const auto prepared = prepare(exchange->request(), exchange->scratch(),
                                {.peer = kStranger, .scheme = "http", .trusted = kTrusted},
                                wire::EncodedSlash::refuse, random);
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Code::too_large);
}

}  // namespace
}  // namespace fairlead::http
