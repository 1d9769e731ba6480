// What is explained, and that it is what really happens: against the router and the pool.
#include <gtest/gtest.h>

#include "core/explain/explanation.h"
#include "core/explain/preview.h"
#include "core/pool.h"
#include "core/test_snapshot.h"

namespace fairlead::core {
namespace {

// A match that names one thing.
template <typename List>
MatchConfig only(List MatchConfig::* what, List values) {
  MatchConfig match;
  match.*what = std::move(values);
  return match;
}

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
  const MatchConfig api = only(&MatchConfig::path, {path("/api/*"), path("/v2/*")});
  const MatchConfig post = only(&MatchConfig::method, {"POST"});
  const MatchConfig canary = only(&MatchConfig::headers, {{"x-group", pattern("canary")}});
  const MatchConfig mobile = only(&MatchConfig::headers, {{"user-agent", pattern("~Mobile")}});
  const MatchConfig inner =
      only(&MatchConfig::client, {*Subnet::parse("10.0.0.0/8"), *Subnet::parse("192.168.0.0/16")});
  const MatchConfig host = only(&MatchConfig::host, {pattern("admin.example")});
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

TEST_F(Explain, SaysHowABackendIsSpokenTo) {
  PoolConfig pool = test_pool_config("app", {1});
  EXPECT_EQ(explain(*snapshot({test_route("all", "app")}, {pool}), get("/"), {}).pool->tls, "");
  pool.tls = BackendTlsConfig{.ca = "ca.pem", .server_name = "api.internal"};
  EXPECT_EQ(explain(*snapshot({test_route("all", "app")}, {pool}), get("/"), {}).pool->tls,
            "for api.internal, by ca.pem");
  pool.tls = BackendTlsConfig{.verify = false};
  EXPECT_EQ(explain(*snapshot({test_route("all", "app")}, {pool}), get("/"), {}).pool->tls,
            "for its address, not verified");
}

// Why the first of two routes, which asks for this, does not take the request.
class WhyNot : public Explain {
 protected:
  std::string why(const MatchConfig& match, const DescribedRequest& request) {
    const auto made = snapshot({test_route("some", "app", match), test_route("rest", "app")},
                               {test_pool_config("app", {1})});
    const Explanation explanation = explain(*made, request, {});
    if (explanation.passed_routes.empty()) return "taken: " + explanation.route->why;
    return explanation.passed_routes.front().why;
  }
};

TEST_F(WhyNot, ACookie) {
  const MatchConfig match = only(&MatchConfig::cookies, {{"group", pattern("canary")}});
  DescribedRequest request = get("/");
  EXPECT_EQ(why(match, request), "there is no cookie group");
  request.headers = {{"cookie", "a=1; group=b"}, {"cookie", "group=c"}};
  EXPECT_EQ(why(match, request), "cookie group: b, c is not canary");
  request.headers = {{"cookie", "group=\"canary\""}};
  EXPECT_EQ(why(match, request), "taken: cookie group: canary");
}

TEST_F(WhyNot, TheQuery) {
  const MatchConfig match = only(&MatchConfig::query, {{"debug", pattern("1")}});
  DescribedRequest request = get("/");
  EXPECT_EQ(why(match, request), "there is no query parameter debug");
  request.query = "debug&debug=%32";
  EXPECT_EQ(why(match, request), "query parameter debug: (empty), 2 is not 1");
  request.query = "debug=1";
  EXPECT_EQ(why(match, request), "taken: query parameter debug: 1");
}

TEST_F(WhyNot, TheBody) {
  const MatchConfig match = only(&MatchConfig::body, {{"/room/id", pattern("42")}});
  DescribedRequest request = get("/");
  EXPECT_EQ(why(match, request), "there is no body");
  const auto with = [&](std::string body) {
    request.body = std::move(body);
    request.has_body = true;
    return why(match, request);
  };
  EXPECT_EQ(with("x"), "the body is no JSON");
  EXPECT_EQ(with("{}"), "the body has no /room/id");
  EXPECT_EQ(with(R"({"room":{"id":7}})"), "body /room/id: 7 is not 42");
  EXPECT_EQ(with(R"({"room":{"id":[]}})"), "body /room/id: a list or an object is not 42");
  EXPECT_EQ(with(std::string(70'000, ' ')),
            "the body has 70000 bytes, above max_match_body of 65536");
  EXPECT_EQ(with(R"({"room":{"id":"42"}})"), "taken: body /room/id: 42");
}

TEST_F(WhyNot, TheCertificate) {
  MatchConfig match;
  match.certificate = {.subject = {pattern("CN=a")}, .san = {pattern("DNS:a"), pattern("DNS:b")}};
  DescribedRequest request = get("/");
  EXPECT_EQ(why(match, request), "the client shows no certificate");
  request.certificate_subject = "CN=b";
  EXPECT_EQ(why(match, request), "certificate subject CN=b is not CN=a");
  request.certificate_subject = "CN=a";
  EXPECT_EQ(why(match, request), "the client's certificate has no other names");
  request.certificate_names = "DNS:c,IP:::1";
  EXPECT_EQ(why(match, request), "certificate names DNS:c,IP:::1 have no DNS:a or DNS:b");
  request.certificate_names = "DNS:c,DNS:b";
  EXPECT_EQ(why(match, request),
            "taken: certificate subject CN=a, certificate name DNS:a or DNS:b");
}

TEST_F(Explain, AKeyOfTheBody) {
  PoolConfig pool = test_pool_config("app", {1, 1, 1}, "maglev");
  pool.balance.key = *parse_key_source("body:/room");
  DescribedRequest request = get("/");
  request.body = R"({"room":"blue"})";
  request.has_body = true;
  const auto made = snapshot({test_route("rest", "app")}, {pool});
  EXPECT_EQ(explain(*made, request, {}).pool->key->value, "blue");
  request.body = "{}";
  EXPECT_TRUE(explain(*made, request, {}).pool->key->by_fallback);
}

TEST_F(Explain, AHostOfNobodyOverAConnectionForAnotherIs421) {
  ListenerConfig listener = on_port(
      test_listener("web",
                    {test_route("a", "app", only(&MatchConfig::host, {pattern("a.example")}))}),
      443);
  listener.tls.emplace();
  const auto made = make_snapshot(test_config({test_pool_config("app", {1})}, {listener}),
                                  registry_, 1, 1, all_are(State::healthy));
  DescribedRequest request = get("/");
  request.scheme = "https";
  request.sni = "a.example";
  const Explanation explanation = explain(*made, request, {});
  EXPECT_EQ(explanation.status, 421);
  EXPECT_EQ(explanation.outcome,
            "421: no route is for shop.example, and the connection was made for a.example");
  request.sni = "shop.example";
  EXPECT_EQ(explain(*made, request, {}).status, 404);
}

TEST_F(Explain, WhatTheRouteDoesBeside) {
  RouteConfig route = test_route("api", "app");
  route.max_body = 1024;
  route.rewrite.path = PathRewrite::by_prefix("/api", "").value();
  route.rewrite.host = Template::parse("{header:x-t}.internal").value();
  route.request_headers.set.push_back({"x-asked", Template::parse("{path}").value()});
  route.request_headers.remove.push_back(pattern("x-debug"));
  route.response_headers.security = true;
  route.mirror.pool = "app";
  route.mirror.percent = 10;
  DescribedRequest request = get("/api/1");
  request.headers = {{"x-t", "acme"}};
  const auto made = snapshot({route}, {test_pool_config("app", {1})});
  EXPECT_THAT(explain(*made, request, {}).also,
              testing::ElementsAre("limit: bodies of 1KiB", "request: without x-debug",
                                   "request: x-asked: /api/1", "path: /api/1 becomes /1",
                                   "host: acme.internal", "mirror: 10 % to pool app",
                                   "response: preset security"));
}

TEST_F(Explain, MaintenanceAnswersAllButThoseWhoAreAllowed) {
  RouteConfig route = test_route("api", "app");
  route.maintenance.given = true;
  route.maintenance.allow.push_back(*Subnet::parse("10.0.0.0/8"));
  const auto made = snapshot({route}, {test_pool_config("app", {1})});
  DescribedRequest request = get("/");
  const Explanation answered = explain(*made, request, {});
  EXPECT_EQ(answered.action, Explanation::Action::maintenance);
  EXPECT_EQ(answered.status, 503);
  request.client = *Ip::parse("10.0.0.1");
  EXPECT_EQ(explain(*made, request, {}).action, Explanation::Action::pool);
}

TEST_F(Explain, NoRouteIs404) {
  const auto made = snapshot({test_route("api", "app", only(&MatchConfig::path, {path("/api/*")}))},
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

TEST_F(Explain, ARedirectToHttpsIsPassedOverByWhoCameByHttps) {
  RouteConfig route = test_route("https", "");
  route.action = Redirect{*Template::parse("https://{host}{uri}"), 301, true};
  const auto made = snapshot({route, test_route("all", "app")}, {test_pool_config("app", {1})});
  DescribedRequest request = get("/x");
  EXPECT_EQ(explain(*made, request, {}).action, Explanation::Action::redirect);
  request.outside_scheme = "https";
  const Explanation explanation = explain(*made, request, {});
  EXPECT_EQ(explanation.passed_routes[0].why, "it came by https already");
  EXPECT_EQ(explanation.route->name, "all");
}

// ---- who is out, and by what

class WhoIsOut : public Explain {
 protected:
  std::vector<std::string> whys(PoolConfig pool) {
    const auto made = snapshot({test_route("all", "app")}, {std::move(pool)});
    std::vector<std::string> result;
    for (const ExplainedMember& member : explain(*made, get("/"), {}).pool->members)
      result.push_back(member.why);
    return result;
  }
};

TEST_F(WhoIsOut, BackupsWhileOthersAreHealthy) {
  PoolConfig pool = test_pool_config("app", {1, 1});
  pool.backends[1].backup = true;
  EXPECT_THAT(whys(pool), testing::ElementsAre("taken", "a backup; others are healthy"));
}

TEST_F(WhoIsOut, LaterTiers) {
  PoolConfig pool = test_pool_config("app", {1, 1});
  pool.backends[1].priority = 2;
  EXPECT_THAT(whys(pool),
              testing::ElementsAre("taken", "of tier 2; those before it carry everything"));
}

TEST_F(WhoIsOut, OtherZones) {
  PoolConfig pool = test_pool_config("app", {1, 1, 1});
  pool.here.zone = pool.backends[0].zone = "a";
  pool.backends[1].zone = "b";
  EXPECT_THAT(whys(pool), testing::ElementsAre("taken", "in another zone (b); a carries everything",
                                               "in another zone; a carries everything"));
}

TEST_F(WhoIsOut, WhatIsLeftToOtherInstances) {
  PoolConfig pool = test_pool_config("app", {1, 1, 1});
  pool.subset = 1;
  pool.here.instance = 0;
  const auto all = whys(pool);
  EXPECT_EQ(std::ranges::count(all, "taken"), 1);
  EXPECT_EQ(std::ranges::count(all, "left to other instances; this one uses 1 backends"), 2);
}

// ---- keys

class Keyed : public Explain {
 protected:
  ExplainedPool pool(const char* key, const char* fallback, const DescribedRequest& request) {
    PoolConfig config = test_pool_config("app", {1, 1, 1}, "maglev");
    config.balance.key = *parse_key_source(key);
    config.balance.fallback = *parse_key_source(fallback);
    made_ = snapshot({test_route("all", "app")}, {std::move(config)});
    return *explain(*made_, request, {}).pool;
  }

  std::shared_ptr<const Snapshot> made_;
};

TEST_F(Keyed, TheKeyItsValueAndItsHashAreTold) {
  DescribedRequest request = get("/");
  request.headers = {{"cookie", "a=1; sid=abc"}};
  const ExplainedPool told = pool("cookie:sid", "client_ip", request);
  ASSERT_TRUE(told.key);
  EXPECT_TRUE(told.key->present);
  EXPECT_EQ(told.key->source, "cookie:sid");
  EXPECT_EQ(told.key->value, "abc");
  EXPECT_EQ(told.key->hash, key_of("abc").hash);
  EXPECT_TRUE(told.reasoning.place.starts_with("slot ")) << told.reasoning.place;
  EXPECT_EQ(told.members[*told.taken].why, "the key leads here");
  EXPECT_EQ(told.members[(*told.taken + 1) % 3].why, "the key leads elsewhere");
}

TEST_F(Keyed, TheFallbackIsSaid) {
  const ExplainedPool told = pool("cookie:sid", "client_ip", get("/"));
  EXPECT_TRUE(told.key->by_fallback);
  EXPECT_EQ(told.key->source, "client_ip");
  EXPECT_EQ(told.key->value, "203.0.113.7");
  EXPECT_EQ(told.key->hash, key_of(*Ip::parse("203.0.113.7")).hash);
}

TEST_F(Keyed, WithoutAnyKeyItIsADraw) {
  const ExplainedPool told = pool("cookie:sid", "none", get("/"));
  EXPECT_FALSE(told.key->present);
  EXPECT_EQ(told.reasoning.rule, "without a key: a draw by weight");
  for (const ExplainedMember& member : told.members) EXPECT_NEAR(member.chance, 1.0 / 3, 0.08);
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
  DescribedRequest connection;
  connection.protocol = Protocol::tcp;
  connection.scheme = "tcp";
  EXPECT_EQ(listener_of(connection), "db");
  EXPECT_EQ(explain(*made, connection, {}).outcome, "to 127.0.0.1:9001 in pool app");
}

TEST_F(Explain, WhoIsAtItsLimitIsPassedOver) {
  PoolConfig config = test_pool_config("app", {1, 1}, "maglev");
  config.balance.key = KeySource{};
  config.max_connections = 1;
  config.queue.limit = 1;
  const auto made = snapshot({test_route("all", "app")}, {config});
  const ExplainSource source{.live = true, .now = Instant() + 1h};
  const auto first = explain(*made, get("/"), source);
  ASSERT_TRUE(first.pool->taken);
  const uint32_t home = *first.pool->taken;
  Pool busy(0);
  busy.update(made->pools[0]);
  Random random(1);
  std::vector<Lease> leases;
  leases.push_back(*busy.pick(key_of(get("/").client), {}, random, source.now));
  const auto second = explain(*made, get("/"), source);
  EXPECT_EQ(*second.pool->taken, 1 - home);
  EXPECT_EQ(second.pool->members[home].why, "full: max_connections is 1");
  leases.push_back(*busy.pick(key_of(get("/").client), {}, random, source.now));
  const auto third = explain(*made, get("/"), source);
  EXPECT_FALSE(third.pool->taken);
  EXPECT_NE(third.status, 503);
  EXPECT_TRUE(third.outcome.starts_with("waits for a backend with room, behind 0"))
      << third.outcome;
  const auto place = made->pools[0]->series->line.join(1, [] {});
  const auto last = explain(*made, get("/"), source);
  EXPECT_EQ(last.status, 503);
  EXPECT_TRUE(last.outcome.contains("1 wait already")) << last.outcome;
}

}  // namespace
}  // namespace fairlead::core
