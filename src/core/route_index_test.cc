// The index against its slow twin, and what it must not cost.
#include "core/route_index.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "core/test_routes.h"

namespace fairlead::core {
namespace {

RouteConfig named(std::vector<std::string> hosts, std::vector<std::string> paths) {
  RouteConfig route;
  for (const std::string& host : hosts)
    route.match.host.push_back(*Pattern::parse(host, Case::ignored));
  for (const std::string& path : paths) route.match.path.push_back(*PathPattern::parse(path));
  return route;
}

std::optional<uint32_t> find(const std::vector<RouteConfig>& configs, const Facts& facts) {
  const std::vector<Route> routes = routes_of(configs);
  return RouteIndex(routes).find(routes, facts);
}

TEST(RouteIndex, FindsWhatTryingOneByOneFinds) {
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    Random random(seed);
    RouteMaker maker([&](uint32_t bound) { return random.below(bound); });
    std::vector<RouteConfig> configs(1 + random.below(60));
    for (RouteConfig& config : configs) config = maker.route();
    const std::vector<Route> routes = routes_of(configs);
    const RouteIndex index(routes);
    for (int i = 0; i < 60; ++i) {
      const Facts facts = maker.request();
      ASSERT_EQ(index.find(routes, facts), first_by_hand(routes, facts))
          << "seed " << seed << ", " << facts.host << facts.path;
    }
  }
}

TEST(RouteIndex, AnExpressionBeforeAnExactPathWins) {
  const std::vector<RouteConfig> configs = {named({}, {"/b"}), named({}, {"~^/a"}),
                                            named({}, {"/a"})};
  EXPECT_EQ(find(configs, {.path = "/a"}), 1u);
  EXPECT_EQ(find(configs, {.path = "/b"}), 0u);
  EXPECT_EQ(find(configs, {.path = "/c"}), std::nullopt);
}

TEST(RouteIndex, PrefixesGoByWholeSegments) {
  const std::vector<RouteConfig> configs = {named({}, {"/api/v1/*"}), named({}, {"/api/*"}),
                                            named({}, {"/a*"})};
  EXPECT_EQ(find(configs, {.path = "/api/v1"}), 0u);
  EXPECT_EQ(find(configs, {.path = "/api/v1/x/y/z"}), 0u);
  EXPECT_EQ(find(configs, {.path = "/api/v10"}), 1u);
  EXPECT_EQ(find(configs, {.path = "/apis"}), 2u);
}

TEST(RouteIndex, HostsByTheirEnds) {
  const std::vector<RouteConfig> configs = {
      named({"shop.example"}, {"/x"}), named({"*.shop.example"}, {}),
      named({"*.example", "other"}, {"/y/*"}), named({"*shop.example"}, {"/z"})};
  EXPECT_EQ(find(configs, {.host = "shop.example", .path = "/x"}), 0u);
  EXPECT_EQ(find(configs, {.host = "a.b.shop.example", .path = "/x"}), 1u);
  EXPECT_EQ(find(configs, {.host = "shop.example", .path = "/y/1"}), 2u);
  EXPECT_EQ(find(configs, {.host = "other", .path = "/y"}), 2u);
  EXPECT_EQ(find(configs, {.host = "myshop.example", .path = "/z"}), 3u);
  EXPECT_EQ(find(configs, {.host = "example", .path = "/y"}), std::nullopt);
}

TEST(RouteIndex, DeeperThanItLooksUpIsStillFound) {
  std::string deep;
  for (int i = 0; i < 50; ++i) deep += "/a";
  std::string wide = "*";
  for (int i = 0; i < 50; ++i) wide += ".a";
  const std::vector<RouteConfig> configs = {named({}, {deep + "/b/*"}), named({}, {deep + "/*"}),
                                            named({wide}, {})};
  EXPECT_EQ(find(configs, {.path = deep + "/b/c"}), 0u);
  EXPECT_EQ(find(configs, {.path = deep}), 1u);
  EXPECT_EQ(find(configs, {.host = "x" + wide.substr(1), .path = "/"}), 2u);
}

TEST(RouteIndex, ARouteWithManyHostsAndPathsIsListedByOneOfThem) {
  std::vector<std::string> hosts;
  std::vector<std::string> paths;
  for (int i = 0; i < 200; ++i) {
    hosts.push_back(fmt::format("h{}.example", i));
    paths.push_back(fmt::format("/p{}", i));
  }
  paths.emplace_back("/more");
  const std::vector<RouteConfig> configs = {named(hosts, paths), named({}, {"/p7"})};
  EXPECT_EQ(find(configs, {.host = "h199.example", .path = "/p7"}), 0u);
  EXPECT_EQ(find(configs, {.host = "h200.example", .path = "/p7"}), 1u);
  EXPECT_EQ(find(configs, {.host = "h0.example", .path = "/x"}), std::nullopt);
}

TEST(RouteIndex, AnyBytesMayStandWhereAStarDoes) {
  const std::vector<RouteConfig> configs = {named({"a*z"}, {}), named({}, {"/a*/b/*"})};
  EXPECT_EQ(find(configs, {.host = "a\xff\n\xc3z", .path = "/"}), 0u);
  EXPECT_EQ(find(configs, {.host = "b", .path = std::string_view("/a\0x/b", 6)}), 1u);
}

TEST(RouteIndex, ARouteThatLacksOnlyALookAtTheBodyIsFound) {
  std::vector<RouteConfig> configs = {named({}, {"/a/*"}), named({}, {"/a/*"})};
  configs[0].match.body.emplace_back("/k", *Pattern::parse("1"));
  Facts facts{.path = "/a/b", .body_unread = true};
  EXPECT_EQ(find(configs, facts), 0u);
  facts.body_unread = false;
  EXPECT_EQ(find(configs, facts), 1u);
  const auto json = JsonText::parse(R"({"k":1})");
  facts.body = &*json;
  EXPECT_EQ(find(configs, facts), 0u);
}

TEST(RouteIndex, KnowsItsHosts) {
  const std::vector<RouteConfig> configs = {named({"a.example", "*.b.example"}, {"/x"}),
                                            named({"~^c[0-9]"}, {})};
  const std::vector<Route> routes = routes_of(configs);
  const RouteIndex index(routes);
  for (const char* host : {"a.example", "x.b.example", "c7.example"})
    EXPECT_TRUE(index.serves_host(host)) << host;
  for (const char* host : {"b.example", "example", "", "cx", "a.example.org"})
    EXPECT_FALSE(index.serves_host(host)) << host;
}

}  // namespace
}  // namespace fairlead::core
