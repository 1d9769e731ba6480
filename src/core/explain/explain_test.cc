// What is explained, and that it is what really happens: against the router and the pool.
#include <gtest/gtest.h>

#include "core/explain/explanation.h"
#include "core/explain/preview.h"
#include "core/pool.h"
#include "core/test_snapshot.h"

namespace fairlead::core {
namespace {

PathPattern path(const char* text) { return *PathPattern::parse(text); }
Pattern pattern(const char* text) { return *Pattern::parse(text); }

ListenerConfig on_port(ListenerConfig listener, uint16_t port) {
  listener.bind = {Address(Ip(), port)};
  return listener;
}

DescribedRequest get(std::string at) {
  DescribedRequest request;
  request.host = "shop.example";
  request.path = std::move(at);
  request.client = *Ip::parse("203.0.113.7");
  return request;
}

class Explain : public testing::Test {
 protected:
  std::shared_ptr<const Snapshot> snapshot(std::vector<RouteConfig> routes,
                                           std::vector<PoolConfig> pools,
                                           State state = State::healthy) {
    return make_snapshot(
        test_config(std::move(pools), {on_port(test_listener("web", std::move(routes)), 80)}),
        registry_, 1, 1, all_are(state));
  }

  Registry registry_{1};
};

TEST_F(Explain, TheRouteAndWhyTheOnesBeforeDidNotMatch) {
  MatchConfig api{.path = {path("/api/*"), path("/v2/*")}};
  MatchConfig post{.method = {"POST"}};
  MatchConfig canary{.headers = {{"x-group", pattern("canary")}}};
  MatchConfig mobile{.headers = {{"user-agent", pattern("~Mobile")}}};
  MatchConfig inner{.client = {*Subnet::parse("10.0.0.0/8"), *Subnet::parse("192.168.0.0/16")}};
  MatchConfig host{.host = {pattern("admin.example")}};
  const auto made =
      snapshot({test_route("api", "app", api), test_route("post", "app", post),
                test_route("canary", "app", canary), test_route("mobile", "app", mobile),
                test_route("inner", "app", inner), test_route("host", "app", host),
                test_route("rest", "app")},
               {test_pool_config("app", {1})});
  DescribedRequest request = get("/x");
  request.headers = {{"x-group", "stable"}};
  const Explanation explanation = explain(*made, request, {});
  std::vector<std::string> whys;
  for (const Considered& route : explanation.passed_routes) whys.push_back(route.why);
  EXPECT_THAT(whys, testing::ElementsAre(
                        "path /x is not /api/* or /v2/*", "method GET is not POST",
                        "header x-group: stable is not canary", "there is no header user-agent",
                        "client 203.0.113.7 is not in 10.0.0.0/8 or 192.168.0.0/16",
                        "host shop.example is not admin.example"));
  ASSERT_TRUE(explanation.route);
  EXPECT_EQ(explanation.route->name, "rest");
  EXPECT_EQ(explanation.route->why, "it matches everything");
  EXPECT_EQ(explanation.outcome, "to 127.0.0.1:9001 in pool app");
}

TEST_F(Explain, NoRouteIs404) {
  const auto made = snapshot({test_route("api", "app", {.path = {path("/api/*")}})},
                             {test_pool_config("app", {1})});
  const Explanation explanation = explain(*made, get("/x"), {});
  EXPECT_FALSE(explanation.route);
  EXPECT_EQ(explanation.status, 404);
  EXPECT_EQ(explanation.passed_routes.size(), 1U);
}

TEST_F(Explain, AnEmptyPoolIs503) {
  const auto made =
      snapshot({test_route("all", "app")}, {test_pool_config("app", {1, 0})}, State::disabled);
  const Explanation explanation = explain(*made, get("/x"), {});
  ASSERT_TRUE(explanation.pool);
  EXPECT_EQ(explanation.status, 503);
  EXPECT_FALSE(explanation.pool->taken);
  EXPECT_EQ(explanation.pool->members[0].why, "disabled");
  EXPECT_EQ(explanation.pool->members[1].why, "weight 0");
}

TEST_F(Explain, ARedirectIsFilledIn) {
  RouteConfig route = test_route("old", "");
  route.action = Redirect{*Template::parse("https://{host}{uri}?{header:x-a}{cookie:b}"), 308};
  const auto made = snapshot({route}, {});
  DescribedRequest request = get("/x");
  request.has_query = true;
  request.query = "q=1";
  request.headers = {{"x-a", "1"}, {"cookie", "a=0; b=2"}};
  const Explanation explanation = explain(*made, request, {});
  EXPECT_EQ(explanation.location, "https://shop.example/x?q=1?12");
  EXPECT_EQ(explanation.outcome, "308 to https://shop.example/x?q=1?12");
}

TEST_F(Explain, WhyABackendIsInItsStateIsAskedFor) {
  const auto made =
      snapshot({test_route("all", "app")}, {test_pool_config("app", {1})}, State::unhealthy);
  const ExplainSource source{.live = true,
                             .why_state = [](const Backend&) { return "it is gone"; }};
  const Explanation explanation = explain(*made, get("/x"), source);
  EXPECT_EQ(explanation.pool->members[0].why, "unhealthy: it is gone");
}

TEST_F(Explain, TheListenerIsTheOneOfThePort) {
  ListenerConfig tcp = on_port(test_listener("db", {test_route("db", "app")}), 5432);
  tcp.protocol = Protocol::tcp;
  ListenerConfig here = test_listener("here", {test_route("h", "app")});
  here.bind = {test_address(8080)};
  const auto made = make_snapshot(
      test_config({test_pool_config("app", {1})},
                  {tcp, on_port(test_listener("any", {test_route("a", "app")}), 8080), here}),
      registry_, 1, 1, all_are(State::healthy));
  const auto listener_of = [&](DescribedRequest request) {
    const auto* found = find_listener(*made, request);
    return found ? found->config->name : std::string("-");
  };
  DescribedRequest request = get("/");
  EXPECT_EQ(listener_of(request), "any") << "no port said: the first that speaks HTTP";
  request.port = 8080;
  EXPECT_EQ(listener_of(request), "any");
  request.host = "127.0.0.1";
  EXPECT_EQ(listener_of(request), "here") << "the very address";
  request.port = 81;
  EXPECT_EQ(listener_of(request), "-");
  request.listener = "db";
  EXPECT_EQ(listener_of(request), "db") << "by name, whatever it speaks";
  DescribedRequest connection{.protocol = Protocol::tcp, .scheme = "tcp"};
  EXPECT_EQ(listener_of(connection), "db");
  EXPECT_EQ(explain(*made, connection, {}).outcome, "to 127.0.0.1:9001 in pool app");
}

// ---- the same as what really happens --------------------------------------------------

std::optional<uint32_t> real_pick(Pool& pool, const PoolSnapshot& snapshot, Random& random) {
  const auto lease = pool.pick(Key{}, {}, random, Instant{});
  if (!lease) return {};
  for (uint32_t i = 0; i < snapshot.members.size(); ++i) {
    if (snapshot.members[i].backend->id() == lease->backend().id()) return i;
  }
  return {};
}

std::shared_ptr<const PoolSnapshot> random_pool(Registry& registry, Random& random,
                                                std::string name) {
  std::vector<uint32_t> weights(1 + random.below(6));
  for (uint32_t& weight : weights) weight = random.below(5);
  const auto names = balancer_names();
  const std::string algorithm(names[random.below(static_cast<uint32_t>(names.size()))]);
  const StandingOf standing_of = [&](const Backend&, const BackendConfig& config) {
    return Standing{kStates[random.below(static_cast<uint32_t>(kStates.size()))], config.weight};
  };
  const auto made =
      make_snapshot(test_config({test_pool_config(std::move(name), weights, algorithm)}), registry,
                    1, 1, standing_of);
  return made->pools.front();
}

TEST(ExplainAndPool, TheNextPickIsTheOneThatIsForetold) {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    Random random(seed);
    Registry registry(1);
    const auto snapshot = random_pool(registry, random, "app");
    Pool loaded(0);
    loaded.update(snapshot);
    std::vector<Lease> leases;
    for (uint32_t i = random.below(8); i > 0; --i) {
      if (auto lease = loaded.pick(Key{}, {}, random, Instant{}))
        leases.push_back(std::move(*lease));
    }
    const Preview seen = preview(*snapshot, Key{}, Random(seed), Instant{});
    Pool fresh(0);
    fresh.update(snapshot);
    Random same(seed);
    EXPECT_EQ(seen.first, real_pick(fresh, *snapshot, same))
        << seed << " " << snapshot->config->balance.algorithm;
  }
}

TEST(ExplainAndPool, OnlyThoseWithAChanceArePicked) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    Registry registry(1);
    const auto snapshot = random_pool(registry, random, "app");
    const Preview seen = preview(*snapshot, Key{}, Random(seed), Instant{});
    Pool pool(0);
    pool.update(snapshot);
    for (int i = 0; i < 20; ++i) {
      const auto picked = real_pick(pool, *snapshot, random);
      ASSERT_EQ(picked.has_value(), seen.first.has_value());
      if (picked) EXPECT_GT(seen.chances[*picked], 0) << seed;
    }
  }
}

TEST(ExplainAndPool, AskingLeavesNoTrace) {
  Registry registry(1);
  const auto snapshot = make_snapshot(test_config({test_pool_config("app", {1, 1})}), registry, 1,
                                      1, all_are(State::healthy));
  preview(*snapshot->pools[0], Key{}, Random(1), Instant{});
  for (const Member& member : snapshot->pools[0]->members) {
    EXPECT_EQ(member.backend->active(), 0U);
    member.backend->tally().each([](const BackendTally&) { FAIL() << "a tally was made"; });
  }
}

}  // namespace
}  // namespace fairlead::core
