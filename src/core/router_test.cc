#include "core/router.h"

#include <gtest/gtest.h>

#include "core/test_snapshot.h"

namespace fairlead::core {
namespace {

class ListedHeaders final : public HeaderFacts {
 public:
  ListedHeaders(std::initializer_list<std::pair<std::string, std::string>> fields)
      : fields_(fields) {}
  bool any(std::string_view name, const Pattern& pattern) const override {
    for (const auto& [field, value] : fields_) {
      if (field == name && pattern.matches(value)) return true;
    }
    return false;
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

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

TEST_F(RouterTest, AFirstRouteForAllTakesAll) {
  const Router& routes = router({test_route("all", "p"), test_route("a", "p", by_path("/a"))});
  EXPECT_EQ(routes.match({.path = "/a"})->config->name, "all");
}

}  // namespace
}  // namespace fairlead::core
