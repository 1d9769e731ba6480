#include "control/explain_request.h"

#include <gtest/gtest.h>

#include "control/test_config.h"
#include "core/explain/find_listener.h"

namespace fairlead::control {
namespace {

class Describe : public testing::Test {
 protected:
  Describe() {
    auto config = std::make_shared<core::Config>(*test_config({test_pool("app", {})}));
    config->trusted_proxies = {*Subnet::parse("10.0.0.0/8")};
    snapshot_ = core::make_snapshot(config, registry_, 1, 1,
                                    [](const auto&, const auto&) { return core::Standing{}; });
  }
  core::DescribedRequest good(AskedRequest asked) {
    auto request = describe(asked, *snapshot_);
    if (!request) ADD_FAILURE() << request.error();
    return request.value_or(core::DescribedRequest{});
  }
  std::string fault(AskedRequest asked) {
    auto request = describe(asked, *snapshot_);
    return request ? "" : request.error();
  }

  core::Registry registry_{1};
  std::shared_ptr<const core::Snapshot> snapshot_;
};

TEST_F(Describe, AWholeUrl) {
  const auto request = good({.request = "POST https://Shop.Example.:8443/a/../b%2D?x=1"});
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.scheme, "https");
  EXPECT_EQ(request.host, "shop.example");
  EXPECT_EQ(request.port, 8443);
  EXPECT_EQ(request.path, "/b-") << "normalised as the data path does";
  EXPECT_EQ(request.query, "x=1");
  EXPECT_EQ(request.client.text(), "127.0.0.1");
}

TEST_F(Describe, APathAloneIsHttpsWhereThatIsSpoken) {
  auto config = std::make_shared<core::Config>(*snapshot_->config);
  config->listeners[0].tls.emplace();
  snapshot_ = core::make_snapshot(config, registry_, 2, 2,
                                  [](const auto&, const auto&) { return core::Standing{}; });
  EXPECT_EQ(good({.request = "/a"}).scheme, "https");
  EXPECT_EQ(good({.request = "https://a.example:8080/"}).scheme, "https");
  const auto plain = good({.request = "http://a.example:8080/"});
  EXPECT_EQ(plain.scheme, "http");
  EXPECT_EQ(core::find_listener(*snapshot_, plain), nullptr);
}

TEST_F(Describe, APathAlone) {
  const auto request = good({.request = "/a", .headers = {{"HOST", "b.example:81"}, {"X-A", "1"}}});
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.host, "b.example");
  EXPECT_EQ(request.port, 81);
  EXPECT_EQ(request.header("x-a"), "1");
  EXPECT_FALSE(good({.request = "http://[::1]/"}).port);
  EXPECT_EQ(good({.request = "http://[::1]/"}).host, "[::1]");
}

TEST_F(Describe, AConnection) {
  const auto request = good({.request = "tcp://:5432", .client = "10.0.0.1"});
  EXPECT_EQ(request.protocol, core::Protocol::tcp);
  EXPECT_EQ(request.port, 5432);
  EXPECT_EQ(request.client.text(), "10.0.0.1");
}

TEST_F(Describe, TheClientIsTheOneBehindTrustedProxies) {
  const AskedRequest asked{.request = "/", .headers = {{"x-forwarded-for", "203.0.113.7"}}};
  AskedRequest through = asked;
  through.client = "10.1.1.1";
  EXPECT_EQ(good(through).client.text(), "203.0.113.7");
  through.client = "192.0.2.1";
  EXPECT_EQ(good(through).client.text(), "192.0.2.1") << "a stranger's word counts for nothing";
}

TEST_F(Describe, WhatTrustedProxiesTellIsWhatRoutesSee) {
  AskedRequest asked{.request = "http://in.example/",
                     .headers = {{"x-forwarded-proto", "https"}, {"x-real-ip", "6.6.6.6"}},
                     .client = "10.1.1.1"};
  EXPECT_EQ(good(asked).outside_scheme, "https");
  EXPECT_EQ(good(asked).header("x-real-ip"), "6.6.6.6");
  asked.client = "192.0.2.1";
  EXPECT_EQ(good(asked).outside_scheme, "http");
  EXPECT_EQ(good(asked).header("x-real-ip"), "") << "it is not passed on, so no rule sees it";
  EXPECT_EQ(good(asked).header("x-forwarded-proto"), "http") << "what Fairlead adds is seen";
}

TEST_F(Describe, AClientMayHaveAPort) {
  EXPECT_EQ(good({.request = "/", .client = "192.0.2.1:4711"}).client_port, 4711);
  EXPECT_EQ(good({.request = "tcp://:1", .client = "[::1]:4711"}).client.text(), "::1");
  EXPECT_FALSE(fault({.request = "/", .client = "192.0.2.1:"}).empty());
  EXPECT_FALSE(fault({.request = "/", .client = ":80"}).empty());
}

TEST_F(Describe, WhatWouldBeRefusedIsRefused) {
  for (const AskedRequest& asked : std::initializer_list<AskedRequest>{
           {.request = ""},
           {.request = "GET"},
           {.request = "GET /a b"},
           {.request = "G\xc3\x84T /"},
           {.request = "/%zz"},
           {.request = "/..%2fx"},
           {.request = "CONNECT a:80"},
           {.request = "http://a:99999/"},
           {.request = "/\r\nx: y"},
           {.request = "/", .headers = {{"a b", "1"}}},
           {.request = "/", .headers = {{"a", "1\r\nb: 2"}}},
           {.request = "/", .headers = {{"content-length", "x"}}},
           {.request = "/", .client = "here"},
           {.request = std::string(20'000, '/')},
       }) {
    EXPECT_FALSE(fault(asked).empty()) << asked.request;
  }
}

TEST_F(Describe, ABodyIsFramed) {
  const auto request = good({.request = "POST /", .body = "{\"a\":1}"});
  EXPECT_TRUE(request.has_body);
  EXPECT_EQ(request.body, "{\"a\":1}");
  EXPECT_EQ(request.header("content-length"), "7");
  EXPECT_FALSE(good({.request = "POST /"}).has_body);
  EXPECT_FALSE(fault({.request = "POST /", .body = std::string(2'000'000, ' ')}).empty());
}

TEST_F(Describe, ACertificateIsSeenByRulesForItAndForItsFields) {
  const auto request = good({.request = "https://a.example/",
                             .certificate_subject = "CN=alice",
                             .certificate_names = {"DNS:a", "URI:b"}});
  EXPECT_EQ(request.certificate_subject, "CN=alice");
  EXPECT_EQ(request.certificate_names, "DNS:a,URI:b");
  EXPECT_EQ(request.header("x-client-cert-subject"), "CN=alice");
  EXPECT_EQ(request.header("x-client-cert-san"), "DNS:a,URI:b");
}

TEST_F(Describe, TheNameOfAConnectionIsTheHostUnlessSaid) {
  EXPECT_EQ(good({.request = "https://A.example/"}).sni, "a.example");
  EXPECT_EQ(good({.request = "https://a.example/", .sni = "b.example"}).sni, "b.example");
  EXPECT_EQ(good({.request = "http://a.example/"}).sni, "");
}

TEST(AskedRequest, GoesThroughJsonUnchanged) {
  const AskedRequest asked{.request = "GET /",
                           .headers = {{"a", "1"}, {"a", "2"}, {"b", "\"3\""}},
                           .client = "10.0.0.1",
                           .listener = "web",
                           .body = "{\"a\": [1]}",
                           .certificate_subject = "CN=a",
                           .certificate_names = {"DNS:a", "DNS:b"},
                           .sni = "a.example"};
  const auto back = parse_asked(to_json(asked));
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(back->request, asked.request);
  EXPECT_EQ(back->headers, asked.headers);
  EXPECT_EQ(back->client, asked.client);
  EXPECT_EQ(back->listener, asked.listener);
  EXPECT_EQ(back->body, asked.body);
  EXPECT_EQ(back->certificate_subject, asked.certificate_subject);
  EXPECT_EQ(back->certificate_names, asked.certificate_names);
  EXPECT_EQ(back->sni, asked.sni);
}

TEST(AskedRequest, OtherJsonIsRefused) {
  for (const char* json :
       {"", "[]", "{}", R"({"request":1})", R"({"request":"/","clients":"a"})",
        R"({"request":"/","headers":[]})", R"({"request":"/","headers":{"a":1}})",
        R"({"request":"/","headers":{"a":[1]}})", R"({"request":"/","body":{}})",
        R"({"request":"/","certificate":"a"})", R"({"request":"/","certificate":{"san":1}})",
        R"({"request":"/","certificate":{"subject":["a"]}})",
        R"({"request":"/","certificate":{"issuer":"a"}})"}) {
    EXPECT_FALSE(parse_asked(json)) << json;
  }
}

TEST(Header, IsANameAndAValue) {
  EXPECT_EQ(parse_header("cookie:  a=b ")->second, "a=b");
  EXPECT_EQ(parse_header("x:")->second, "");
  EXPECT_FALSE(parse_header("x"));
  EXPECT_FALSE(parse_header(": x"));
}

}  // namespace
}  // namespace fairlead::control
