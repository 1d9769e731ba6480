#include "core/config/options/route_order.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "core/config/words.h"
#include "core/test_routes.h"

namespace fairlead::core {
namespace {

RouteConfig place(std::vector<std::string> hosts, std::vector<std::string> paths) {
  RouteConfig route;
  for (const std::string& host : hosts)
    route.match.host.push_back(*Pattern::parse(host, Case::ignored));
  for (const std::string& path : paths) route.match.path.push_back(*PathPattern::parse(path));
  return route;
}

RouteConfig with_header(RouteConfig route, std::string name, std::string_view pattern) {
  route.match.headers.emplace_back(std::move(name), *Pattern::parse(pattern));
  return route;
}

// "2 behind 0 and 1; 3 behind 0"
std::string hidden(const std::vector<RouteConfig>& routes) {
  std::vector<std::string> all;
  for (const HiddenRoute& each : hidden_routes(routes)) {
    std::vector<std::string> behind;
    for (const uint32_t by : each.behind) behind.push_back(fmt::format("{}", by));
    all.push_back(fmt::format("{} behind {}", each.route, enumerate(behind, "and")));
  }
  return fmt::format("{}", fmt::join(all, "; "));
}

TEST(RouteOrder, AWiderPathHidesNarrowerOnes) {
  EXPECT_EQ(hidden({place({}, {"/api/*"}), place({}, {"/api/v1"}), place({}, {"/api/v1/*"}),
                    place({}, {"/api"}), place({}, {"/apis"}), place({}, {"/"})}),
            "1 behind 0; 2 behind 0; 3 behind 0");
  EXPECT_EQ(hidden({place({}, {"/api/v1"}), place({}, {"/api/*"})}), "");
}

TEST(RouteOrder, AnExpressionThatTakesAllHidesAll) {
  EXPECT_EQ(hidden({place({}, {"~"}), place({}, {"/a"}), place({"b.example"}, {"~x"})}),
            "1 behind 0; 2 behind 0");
}

TEST(RouteOrder, SoDoesAWiderHost) {
  EXPECT_EQ(hidden({place({"*.example"}, {"/a"}), place({"x.y.example"}, {"/a"}),
                    place({"*.y.example"}, {"/a"}), place({"example"}, {"/a"}), place({}, {"/a"}),
                    place({"X.example"}, {"/b"})}),
            "1 behind 0; 2 behind 0");
}

TEST(RouteOrder, TheSameTwiceIsHidden) {
  EXPECT_EQ(hidden({place({}, {"~^/a"}), place({}, {"~^/a"}), place({}, {"~^/ab"})}), "1 behind 0");
  const RouteConfig canary = with_header(place({}, {"/a"}), "x-g", "canary");
  EXPECT_EQ(hidden({canary, canary, place({}, {"/a"}), canary}), "1 behind 0; 3 behind 0");
}

TEST(RouteOrder, ConditionsBeyondThePlaceLeaveSomething) {
  EXPECT_EQ(hidden({with_header(place({}, {"/a/*"}), "x-g", "canary"), place({}, {"/a/b"}),
                    with_header(place({}, {"/a/b"}), "x-g", "stable")}),
            "2 behind 1");
  RouteConfig method = place({}, {"/a"});
  method.match.method = {"GET"};
  EXPECT_EQ(hidden({method, place({}, {"/a"})}), "");
  RouteConfig upgrade = place({}, {"/a"});
  upgrade.action = Redirect{.to = {}, .status = 301, .only_plain = true};
  EXPECT_EQ(hidden({upgrade, place({}, {"/a"}), upgrade}), "2 behind 0");
}

TEST(RouteOrder, SeveralRoutesTogetherMayTakeAll) {
  EXPECT_EQ(hidden({place({}, {"/a/*"}), place({}, {"/b"}), place({}, {"/a/x", "/b"}),
                    place({}, {"/a/x", "/c"})}),
            "2 behind 0 and 1");
}

// Whatever is called hidden is reached by no request.
TEST(RouteOrder, AHiddenRouteIsNeverTaken) {
  int found = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Random random(seed);
    RouteMaker maker([&](uint32_t bound) { return random.below(bound); });
    std::vector<RouteConfig> configs(20);
    for (RouteConfig& config : configs) config = maker.route();
    const std::vector<Route> routes = routes_of(configs);
    const auto hiding = hidden_routes(configs);
    found += static_cast<int>(hiding.size());
    for (int i = 0; i < 100; ++i) {
      const Facts facts = maker.request();
      const auto taken = first_by_hand(routes, facts);
      ASSERT_TRUE(std::ranges::none_of(
          hiding, [&](const HiddenRoute& each) { return each.route == taken; }))
          << "seed " << seed << ", " << facts.host << facts.path;
    }
  }
  EXPECT_GT(found, 100);
}

}  // namespace
}  // namespace fairlead::core
