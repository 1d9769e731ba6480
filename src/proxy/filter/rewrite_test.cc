#include "proxy/filter/rewrite.h"

#include <gtest/gtest.h>

#include "http/prepare.h"
#include "http/test_exchange.h"
#include "proxy/template_facts.h"

namespace fairlead::proxy {
namespace {

// "TARGET at HOST" behind the rewrite of this request, or the status that it comes to.
std::string rewritten(const core::RewriteConfig& config, std::string_view target,
                      std::string_view lines = "",
                      wire::EncodedSlash slash = wire::EncodedSlash::refuse) {
  http::TestExchange exchange("GET " + std::string(target) + " HTTP/1.1\r\nHost: shop.example\r\n" +
                              std::string(lines) + "\r\n");
  Random random(1);
  const Address peer = exchange->stream().peer();
  const auto prepared =
      http::prepare(exchange->request(), exchange->scratch(),
                    {.peer = peer, .scheme = "http", .trusted = {}}, slash, random);
  const auto done = rewrite(config, ExchangeFacts(*exchange, *prepared), exchange->request(),
                            exchange->scratch(), slash);
  if (!done) return std::string(name_of(done.error().code));
  return std::string(exchange->request().target) + " at " +
         std::string(exchange->request().authority);
}

core::RewriteConfig path(std::expected<core::PathRewrite, core::PathRewrite::Fault> made) {
  core::RewriteConfig config;
  config.path = std::move(made.value());
  return config;
}

core::RewriteConfig host(std::string_view text) {
  core::RewriteConfig config;
  config.host = core::Template::parse(text).value();
  return config;
}

TEST(Rewrite, KeepsTheQuery) {
  const auto config = path(core::PathRewrite::by_prefix("/api", ""));
  EXPECT_EQ(rewritten(config, "/api/1?a=/api/2"), "/1?a=/api/2 at shop.example");
  EXPECT_EQ(rewritten(config, "/api?"), "/? at shop.example");
  EXPECT_EQ(rewritten(config, "/api"), "/ at shop.example");
}

TEST(Rewrite, WorksOnTheNormalisedPathAndNormalisesItsOwn) {
  EXPECT_EQ(rewritten(path(core::PathRewrite::by_prefix("/api", "")), "/x/..//%61pi/1"),
            "/1 at shop.example");
  EXPECT_EQ(rewritten(path(core::PathRewrite::by_template("/a%2d{path}")), "/1"),
            "/a-/1 at shop.example");
}

TEST(Rewrite, WhatAClientFillsInIsItsOwnFault) {
  const auto config = path(core::PathRewrite::by_template("/t/{header:x-t}/f"));
  EXPECT_EQ(rewritten(config, "/", "X-T: acme\r\n"), "/t/acme/f at shop.example");
  EXPECT_EQ(rewritten(config, "/", "X-T: ..\r\n"), "malformed");
  EXPECT_EQ(rewritten(config, "/", "X-T: a/b\r\n"), "malformed");
  EXPECT_EQ(rewritten(config, "/", "X-T: a/b\r\n", wire::EncodedSlash::keep),
            "/t/a%2Fb/f at shop.example");
  EXPECT_EQ(rewritten(config, "/", "X-T: a b?c#d\r\n"), "/t/a%20b%3Fc%23d/f at shop.example");
}

TEST(Rewrite, WhatAnExpressionMakesIsAFaultOfOurs) {
  const auto config = path(core::PathRewrite::by_regex("^/x/a(.*)b$", "/secret/\\1"));
  EXPECT_EQ(rewritten(config, "/x/a..b"), "invalid");
}

TEST(Rewrite, SetsTheHost) {
  EXPECT_EQ(rewritten(host("app.internal:8080"), "/a"), "/a at app.internal:8080");
  EXPECT_EQ(rewritten(host("{header:x-t}.internal"), "/a", "X-T: acme\r\n"), "/a at acme.internal");
  EXPECT_EQ(rewritten(host("{header:x-t}.internal"), "/a", "X-T: a b\r\n"), "malformed");
  EXPECT_EQ(rewritten(host("{header:x-t}"), "/a"), "malformed");
}

}  // namespace
}  // namespace fairlead::proxy
