#include "core/router.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/test_routes.h"
#include "core/test_snapshot.h"

namespace fairlead::core {
namespace {

Pattern pattern(std::string_view text) { return *Pattern::parse(text); }
PathPattern path(std::string_view text) { return *PathPattern::parse(text); }

TEST(Match, EmptyMatchesAll) { EXPECT_TRUE(matches({}, {})); }

TEST(Match, OfEachListAnyAndOfTheListsAll) {
  MatchConfig match;
  match.host = {pattern("a.example"), pattern("b.example")};
  match.path = {path("/api/*")};
  match.method = {"GET", "POST"};
  Facts facts{.host = "b.example", .path = "/api/1", .method = "POST"};
  EXPECT_TRUE(matches(match, facts));
  facts.method = "PUT";
  EXPECT_FALSE(matches(match, facts));
  facts = {.host = "c.example", .path = "/api/1", .method = "GET"};
  EXPECT_FALSE(matches(match, facts));
  facts = {.host = "a.example", .path = "/apis", .method = "GET"};
  EXPECT_FALSE(matches(match, facts));
}

TEST(Match, EveryNamedHeaderMustBeThere) {
  MatchConfig match;
  match.headers = {{"x-group", pattern("canary")}, {"x-id", pattern("*")}};
  Facts facts;
  EXPECT_FALSE(matches(match, facts));
  const ListedHeaders one{{"x-group", "canary"}};
  facts.headers = &one;
  EXPECT_FALSE(matches(match, facts));
  const ListedHeaders both{{"x-group", "stable"}, {"x-group", "canary"}, {"x-id", "1"}};
  facts.headers = &both;
  EXPECT_TRUE(matches(match, facts));
}

TEST(Match, TheClientsNetwork) {
  MatchConfig match;
  match.client = {*Subnet::parse("10.0.0.0/8"), *Subnet::parse("2001:db8::/32")};
  EXPECT_TRUE(matches(match, {.client = *Ip::parse("10.1.2.3")}));
  EXPECT_TRUE(matches(match, {.client = *Ip::parse("2001:db8::7")}));
  EXPECT_FALSE(matches(match, {.client = *Ip::parse("11.1.2.3")}));
}

TEST(Match, CookiesInWhateverFieldTheyCome) {
  MatchConfig match;
  match.cookies = {{"group", pattern("canary")}, {"id", pattern("*")}};
  Facts facts;
  EXPECT_FALSE(matches(match, facts));
  const ListedHeaders one{{"cookie", "group=stable; id=1"}};
  facts.headers = &one;
  EXPECT_FALSE(matches(match, facts));
  EXPECT_EQ(failing_condition(test_route("a", "p", match), facts), Condition::cookies);
  const ListedHeaders both{{"cookie", "group=stable; id="}, {"cookie", "group=\"canary\""}};
  facts.headers = &both;
  EXPECT_TRUE(matches(match, facts)) << "of several any, and without quotes";
}

TEST(Match, ParametersOfTheQuery) {
  MatchConfig match;
  match.query = {{"debug", pattern("1")}, {"a b", pattern("*")}};
  EXPECT_TRUE(matches(match, {.query = "debug=0&debug=%31&a+b"}));
  EXPECT_FALSE(matches(match, {.query = "debug=0&a+b=1"}));
  EXPECT_FALSE(matches(match, {.query = "debug=1"}));
  EXPECT_FALSE(matches(match, {}));
}

TEST(Match, WhatStandsInTheBody) {
  MatchConfig match;
  match.body = {{"/room/id", pattern("*")}, {"/kind", pattern("join")}};
  EXPECT_FALSE(matches(match, {})) << "no body, or no JSON";
  for (const auto& [text, wanted] : {std::pair(R"({"room":{"id":42},"kind":"join"})", true),
                                     {R"({"room":{"id":null},"kind":"join"})", true},
                                     {R"({"room":{},"kind":"join"})", false},
                                     {R"({"room":{"id":42},"kind":["join"]})", false}}) {
    const auto json = JsonText::parse(text);
    EXPECT_EQ(matches(match, {.body = &*json}), wanted) << text;
  }
}

TEST(Match, TheClientsCertificate) {
  MatchConfig match;
  match.certificate.subject = {pattern("CN=alice,*"), pattern("CN=bob")};
  Facts facts{.client_subject = "CN=bob", .client_names = "DNS:bob.example,URI:spiffe://x/bob"};
  EXPECT_TRUE(matches(match, facts));
  match.certificate.san = {pattern("URI:spiffe://x/*")};
  EXPECT_TRUE(matches(match, facts));
  match.certificate.san = {pattern("DNS:alice.example"), pattern("DNS:bob.example")};
  EXPECT_TRUE(matches(match, facts));
  match.certificate.san = {pattern("DNS:bob.example,*")};
  EXPECT_FALSE(matches(match, facts)) << "one name, not all of them";
  match.certificate = {.subject = {pattern("*")}};
  EXPECT_TRUE(matches(match, facts));
  EXPECT_FALSE(matches(match, {})) << "no certificate has no subject";
}

TEST(Match, TheBodyIsLookedAtLast) {
  RouteConfig route;
  route.match.body = {{"/a", pattern("1")}};
  route.match.query = {{"q", pattern("1")}};
  EXPECT_EQ(failing_condition(route, {}), Condition::query);
  EXPECT_EQ(failing_condition(route, {.query = "q=1"}), Condition::body);
}

class RouterTest : public testing::Test {
 protected:
  const Router& router(std::vector<RouteConfig> routes) {
    snapshot = make_snapshot(
        test_config({test_pool_config("p", {1})}, {test_listener("l", std::move(routes))}),
        registry, 1, 1, all_are(State::healthy));
    return snapshot->listeners[0]->router;
  }
  static MatchConfig by_path(std::string_view text) {
    MatchConfig match;
    match.path = {path(text)};
    return match;
  }

  Registry registry{1};
  std::shared_ptr<const Snapshot> snapshot;
};

TEST_F(RouterTest, TheFirstMatchWins) {
  const Router& routes = router({test_route("a", "p", by_path("/a/*")),
                                 test_route("b", "p", by_path("/a/b")), test_route("rest", "p")});
  EXPECT_EQ(routes.match({.path = "/a/b"})->config->name, "a");
  EXPECT_EQ(routes.match({.path = "/c"})->config->name, "rest");
  EXPECT_EQ(routes.match({.path = "/c"})->index, 2u);
}

TEST_F(RouterTest, NoMatchIsNothing) {
  EXPECT_EQ(router({test_route("a", "p", by_path("/a"))}).match({.path = "/b"}), nullptr);
  EXPECT_EQ(router({}).match({}), nullptr);
  EXPECT_EQ(Router().match({}), nullptr);
}

TEST_F(RouterTest, ARedirectToHttpsPassesOverWhoCameByIt) {
  RouteConfig redirect = test_route("up", "p");
  redirect.action = Redirect{.to = *Template::parse("https://{host}{uri}"), .only_plain = true};
  const Router& routes = router({redirect, test_route("rest", "p")});
  EXPECT_EQ(routes.match({.is_https = false})->config->name, "up");
  EXPECT_EQ(routes.match({.is_https = true})->config->name, "rest");
}

TEST_F(RouterTest, AnyOtherRedirectIsForEverybody) {
  RouteConfig redirect = test_route("away", "p");
  redirect.action = Redirect{*Template::parse("https://cdn.example{uri}")};
  const Router& routes = router({redirect, test_route("rest", "p")});
  EXPECT_EQ(routes.match({.is_https = true})->config->name, "away");
  EXPECT_TRUE(takes_everything(redirect));
}

TEST_F(RouterTest, WhatLeavesSomethingToOthersDoesNotTakeEverything) {
  EXPECT_TRUE(takes_everything(test_route("all", "p")));
  EXPECT_TRUE(takes_everything(test_route("all", "p", by_path("/*"))));
  EXPECT_FALSE(takes_everything(test_route("some", "p", by_path("/a/*"))));
  MatchConfig match;
  match.headers = {{"x-id", pattern("*")}};
  EXPECT_FALSE(takes_everything(test_route("some", "p", match)));
  RouteConfig redirect = test_route("up", "p");
  redirect.action = Redirect{.to = {}, .status = 301, .only_plain = true};
  EXPECT_FALSE(takes_everything(redirect));
}

TEST_F(RouterTest, WhatAsksForAnythingNewLeavesSomething) {
  MatchConfig cookies, query, body, certificate;
  cookies.cookies = {{"a", pattern("*")}};
  query.query = {{"a", pattern("*")}};
  body.body = {{"/a", pattern("*")}};
  certificate.certificate.san = {pattern("*")};
  for (const MatchConfig& match : {cookies, query, body, certificate})
    EXPECT_FALSE(takes_everything(test_route("some", "p", match)));
}

TEST_F(RouterTest, ManyRoutesAreTriedInTheirOrderToo) {
  std::vector<RouteConfig> many;
  for (int i = 0; i < 100; ++i)
    many.push_back(test_route(fmt::format("r{}", i), "p", by_path(fmt::format("/{}/*", i))));
  many.push_back(test_route("late", "p", by_path("/7/x")));
  many.push_back(test_route("rest", "p"));
  const Router& routes = router(many);
  EXPECT_EQ(routes.match({.path = "/7/x"})->config->name, "r7");
  EXPECT_EQ(routes.match({.path = "/99"})->config->name, "r99");
  EXPECT_EQ(routes.match({.path = "/100"})->config->name, "rest");
}

TEST_F(RouterTest, AHostThatNoRouteNamesIsMisdirectedOverAConnectionForAnother) {
  const auto by_host = [](const char* host) {
    MatchConfig match;
    match.host = {*Pattern::parse(host, Case::ignored)};
    return test_route(host, "p", match);
  };
  const Router& named = router({by_host("a.example"), by_host("*.b.example")});
  EXPECT_TRUE(is_misdirected(named, "c.example", "a.example"));
  EXPECT_FALSE(is_misdirected(named, "x.b.example", "a.example")) << "it is served";
  EXPECT_FALSE(is_misdirected(named, "c.example", "C.Example.")) << "asked for by name: 404";
  EXPECT_FALSE(is_misdirected(named, "c.example", "")) << "no name was given";
  EXPECT_FALSE(is_misdirected(named, "", "a.example"));
}

TEST_F(RouterTest, WhereARouteTakesEveryHostNothingIsMisdirected) {
  MatchConfig host;
  host.host = {pattern("a.example")};
  const Router& routes = router({test_route("a", "p", host), test_route("x", "p", by_path("/x"))});
  EXPECT_FALSE(is_misdirected(routes, "c.example", "a.example"));
  EXPECT_TRUE(routes.serves_host("anything"));
}

TEST_F(RouterTest, AFirstRouteForAllTakesAll) {
  const Router& routes = router({test_route("all", "p"), test_route("a", "p", by_path("/a"))});
  EXPECT_EQ(routes.match({.path = "/a"})->config->name, "all");
}

}  // namespace
}  // namespace fairlead::core
