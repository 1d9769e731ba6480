// Good files: what they mean, and that every short form means its long one.
#include "core/config/load.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/config/dump.h"
#include "core/config/test_files.h"

namespace fairlead::core {
namespace {

Config good(const std::string& text) {
  LoadResult result = load_text(text);
  EXPECT_TRUE(result.config.has_value()) << text << render(result.problems);
  return result.config.value_or(Config{});
}

TEST(Load, TheSmallestFileHasEveryDefault) {
  const Config config = good(
      "listeners:\n  web: { bind: \":8080\", pool: app }\npools:\n  app:\n    backends: "
      "[127.0.0.1:9001]\n");
  ASSERT_EQ(config.listeners.size(), 1u);
  EXPECT_EQ(config.listeners[0].bind, std::vector{Address(Ip(), 8080)});
  EXPECT_EQ(config.listeners[0].idle_timeout, 60s);
  EXPECT_EQ(config.listeners[0].http.header_timeout, 10s);
  ASSERT_EQ(config.listeners[0].routes.size(), 1u);
  EXPECT_EQ(std::get<ToPool>(config.listeners[0].routes[0].action).pool, "app");
  EXPECT_EQ(config.listeners[0].routes[0].name, "web/1");
  ASSERT_EQ(config.pools.size(), 1u);
  EXPECT_EQ(config.pools[0].balance.algorithm, "power_of_two");
  EXPECT_EQ(config.pools[0].health.kind, ProbeConfig::Kind::tcp);
  EXPECT_EQ(config.admin->text(), "127.0.0.1:9900");
}

TEST(Load, ValuesKnowTheirPlaces) {
  const Config config = good(
      "listeners:\n  web: { bind: 80, routes: [{ pool: app }] }\npools:\n  app:\n    - "
      "127.0.0.1:1\n    - 127.0.0.1:2\n");
  EXPECT_EQ(text_of(config.listeners[0].place), "fairlead.yaml:2:3");
  EXPECT_EQ(text_of(config.listeners[0].routes[0].place), "fairlead.yaml:2:29");
  EXPECT_EQ(text_of(config.pools[0].place), "fairlead.yaml:4:3");
  EXPECT_EQ(text_of(config.pools[0].backends[1].place), "fairlead.yaml:6:7");
}

TEST(Load, EveryOptionIsKept) {
  const Config config = good(R"(
admin: { bind: 127.0.0.1:9000 }
workers: 4
access_log: { format: json, to: /var/log/a.log }
trusted_proxies: [10.0.0.0/8, "::1"]
drain_timeout: 5m
listeners:
  web:
    bind: [":80", "[::1]:8080"]
    http: { versions: [1.1], header_timeout: 5s, body_timeout: 6s, max_header_size: 32KiB, max_header_fields: 100, max_request_line: 8KiB, encoded_slash: keep, max_match_body: 8KiB }
    tunnel_timeout: 2h
    idle_timeout: 20s
    max_connections: 500
    routes:
      - name: first
        match: { path: [/a, /b/*], host: "*.Example.com", method: [GET, POST], headers: { X-Tier: gold }, client: 10.0.0.0/8 }
        redirect: { to: "https://{host}/x", status: 308 }
      - match: /healthz
        respond: { status: 503, body: "no", content_type: text/html }
      - match: { cookies: { Group: canary }, query: { debug: "1" }, body: { /room/id: "*" } }
        pool: app
      - pool: app
        timeout: 3s
        retry: { attempts: 1, on: [connect, 503], per_try_timeout: 2s, budget: 5% }
pools:
  app:
    balance: least_connections
    health: { http: /h, host: a.b, expect: [200, 300-302], interval: 1s, timeout: 500ms, healthy_threshold: 1, unhealthy_threshold: 5 }
    connect_timeout: 1s
    idle_timeout: 9s
    idle_connections: 7
    when_none_healthy: use_all
    backends: [{ address: "unix:/run/a.sock", weight: 0 }, "[::1]:80"]
)");
  EXPECT_EQ(config.workers, 4u);
  EXPECT_EQ(config.access_log.format, AccessLogConfig::Format::json);
  EXPECT_EQ(config.trusted_proxies.size(), 2u);
  EXPECT_EQ(config.drain_timeout, 5min);
  const ListenerConfig& web = config.listeners.at(0);
  EXPECT_EQ(web.bind.size(), 2u);
  EXPECT_EQ(web.http.max_header_bytes, 32u * 1024);
  EXPECT_EQ(web.http.encoded_slash, EncodedSlash::keep);
  EXPECT_EQ(web.http.tunnel_timeout, 2h);
  EXPECT_EQ(web.max_connections, 500u);
  EXPECT_TRUE(web.routes.at(0).match.host.at(0).matches("a.example.com"));
  EXPECT_EQ(web.routes[0].match.headers.at(0).first, "x-tier");
  EXPECT_EQ(std::get<Redirect>(web.routes[0].action).status, 308);
  EXPECT_EQ(std::get<Respond>(web.routes.at(1).action).content_type, "text/html");
  const MatchConfig& named = web.routes.at(2).match;
  EXPECT_EQ(named.cookies.at(0).first, "Group");
  EXPECT_TRUE(named.query.at(0).second.matches("1"));
  EXPECT_EQ(named.body.at(0).first, "/room/id");
  EXPECT_EQ(web.http.max_match_body, 8u * 1024);
  EXPECT_TRUE(web.routes.at(3).retry.on_connect);
  EXPECT_FALSE(web.routes[3].retry.on_reset);
  EXPECT_EQ(web.routes[3].retry.on_status, std::vector<uint16_t>{503});
  EXPECT_EQ(web.routes[3].retry.per_try_timeout, 2s);
  EXPECT_EQ(web.routes[3].retry.budget, 5u);
  const PoolConfig& app = config.pools.at(0);
  EXPECT_EQ(app.health.expect.at(1), (std::pair<uint16_t, uint16_t>(300, 302)));
  EXPECT_FALSE(app.reject_when_none_healthy);
  EXPECT_EQ(app.backends.at(0).weight, 0u);
  EXPECT_EQ(app.idle_connections, 7u);
}

TEST(Load, ATcpListenerIsIdleForAnHourUnlessItSaysOtherwise) {
  EXPECT_EQ(good("listeners: { db: { bind: \"tcp://:1\", pool: [127.0.0.1:1] } }\n")
                .listeners[0]
                .idle_timeout,
            1h);
  EXPECT_EQ(
      good("listeners: { db: { bind: \"tcp://:1\", idle_timeout: 5s, pool: [127.0.0.1:1] } }\n")
          .listeners[0]
          .idle_timeout,
      5s);
}

TEST(Load, OnlyTheWordHttpsPassesOverWhoCameByIt) {
  const auto redirect = [](std::string_view to) {
    const Config config = good(fmt::format(
        "listeners: {{ web: {{ bind: 80, routes: [{{ redirect: {} }}, {{ redirect: /a }}] }} }}\n",
        to));
    return std::get<Redirect>(config.listeners[0].routes[0].action);
  };
  for (const char* word : {"https", "{ to: https, status: 308 }"}) {
    EXPECT_TRUE(redirect(word).only_plain);
    EXPECT_EQ(redirect(word).to.text(), "https://{host}{uri}");
  }
  EXPECT_FALSE(redirect("{ to: \"https://{host}{uri}\" }").only_plain);
  EXPECT_FALSE(redirect("\"https://www.example.com{uri}\"").only_plain);
}

TEST(Load, WhatStandsBehindARedirectToHttpsIsReached) {
  const LoadResult result = load_text(
      "listeners: { web: { bind: 80, routes: [{ redirect: https }, { pool: app }] } }\n"
      "pools: { app: [127.0.0.1:1] }\n");
  EXPECT_EQ(render(result.problems), "");
  EXPECT_TRUE(result.config.has_value());
}

TEST(Load, AnEmptyListOfRoutesBesideAPoolIsAsIfItWereNotThere) {
  const Config config =
      good("listeners: { db: { bind: \"tcp://:1\", routes: [], pool: [127.0.0.1:1] } }\n");
  EXPECT_EQ(config.listeners[0].routes.size(), 1u);
}

struct Form {
  const char* name;
  const char* short_form;
  const char* long_form;
};

#define LISTENER(rest)                                    \
  "listeners: { web: { bind: [\":80\"], pool: app, " rest \
  " } }\npools: { app: { backends: [{ address: 127.0.0.1:1 }] } }\n"
#define ROUTE(rest) "listeners: { web: { bind: [\":80\"], routes: [{ " rest " }] } }\n"
#define POOL(rest) "listeners: { web: { bind: [\":80\"], pool: app } }\npools: { app: " rest " }\n"

constexpr Form kForms[] = {
    {"PortAlone", "listeners: { web: { bind: 80, routes: [{ redirect: https }] } }\n",
     "listeners: { web: { bind: [\":80\"], protocol: http, routes: [{ redirect: { to: https, "
     "status: 301 } }] } }\n"},
    {"OneBind", "listeners: { web: { bind: \"[::1]:80\", routes: [{ redirect: /a }] } }\n",
     "listeners: { web: { bind: [\"[::1]:80\"], routes: [{ redirect: { to: /a } }] } }\n"},
    {"ProtocolInTheAddress",
     "listeners: { db: { bind: \"tcp://:5432\", pool: pg } }\npools: { pg: [127.0.0.1:1] }\n",
     "listeners: { db: { bind: [\":5432\"], protocol: tcp, routes: [{ pool: pg }] } }\npools: { "
     "pg: [127.0.0.1:1] }\n"},
    {"PoolInPlace", "listeners: { db: { bind: \"tcp://:1\", pool: [10.0.0.1:53, 10.0.0.2:53] } }\n",
     "listeners: { db: { bind: \"tcp://:1\", pool: db } }\npools: { db: { backends: [10.0.0.1:53, "
     "10.0.0.2:53] } }\n"},
    {"PoolInPlaceAsMapping",
     "listeners: { web: { bind: 80, pool: { balance: random, backends: [10.0.0.1:53] } } }\n",
     "listeners: { web: { bind: 80, pool: web } }\npools: { web: { balance: random, backends: "
     "[10.0.0.1:53] } }\n"},
    {"PoolAsList", POOL("[127.0.0.1:1, 127.0.0.1:2]"),
     POOL("{ backends: [{ address: 127.0.0.1:1 }, { address: 127.0.0.1:2 }] }")},
    {"PoolAsAddress", POOL("127.0.0.1:1"),
     POOL("{ backends: [{ address: 127.0.0.1:1, weight: 1 }] }")},
    {"Weights", POOL("{ backends: { 127.0.0.1:9001: 5, 127.0.0.1:9002: 3 } }"),
     POOL("{ backends: [{ address: 127.0.0.1:9001, weight: 5 }, { address: 127.0.0.1:9002, weight: "
          "3 }] }")},
    {"BackendsByAddress", POOL("{ backends: { 127.0.0.1:9001: { weight: 5 } } }"),
     POOL("{ backends: [{ address: 127.0.0.1:9001, weight: 5 }] }")},
    {"HealthAsPath", POOL("{ health: /health, backends: [127.0.0.1:1] }"),
     POOL("{ health: { http: /health }, backends: [127.0.0.1:1] }")},
    {"HealthUnsaid", POOL("[127.0.0.1:1]"),
     POOL("{ health: { tcp: {} }, backends: [127.0.0.1:1] }")},
    {"HealthOffByOtherTools", POOL("{ health: off, backends: [127.0.0.1:1] }"),
     POOL("{ health: false, backends: [127.0.0.1:1] }")},
    {"OneExpected", POOL("{ health: { http: /, expect: 200 }, backends: [127.0.0.1:1] }"),
     POOL("{ health: { http: /, expect: [200-200] }, backends: [127.0.0.1:1] }")},
    {"BalanceWithSettings", POOL("{ balance: random, backends: [127.0.0.1:1] }"),
     POOL("{ balance: { random: {} }, backends: [127.0.0.1:1] }")},
    {"MatchAsPath", ROUTE("match: /api/*, redirect: /b"),
     ROUTE("match: { path: [/api/*] }, redirect: /b")},
    {"CertificateOfOne", ROUTE("match: { certificate: { san: \"DNS:a\" } }, redirect: /c"),
     ROUTE("match: { certificate: { san: [\"DNS:a\"] } }, redirect: /c")},
    {"MatchAsPaths", ROUTE("match: [/a, /b], redirect: /c"),
     ROUTE("match: { path: [/a, /b] }, redirect: /c")},
    {"OneMethod", ROUTE("match: { method: GET }, redirect: /c"),
     ROUTE("match: { method: [GET] }, redirect: /c")},
    {"RetryOff", LISTENER("routes: [{ match: /a, pool: app, retry: off }]"),
     LISTENER("routes: [{ match: /a, pool: app, retry: { attempts: 0 } }]")},
    {"NoRetryBudgetByOtherTools",
     LISTENER("routes: [{ match: /a, pool: app, retry: { budget: off } }]"),
     LISTENER("routes: [{ match: /a, pool: app, retry: { budget: false } }]")},
    {"HedgeByTime", LISTENER("routes: [{ match: /a, pool: app, hedge: 50ms }]"),
     LISTENER("routes: [{ match: /a, pool: app, hedge: { after: 50ms } }]")},
    {"HedgeByPercentile", LISTENER("routes: [{ match: /a, pool: app, hedge: p95 }]"),
     LISTENER("routes: [{ match: /a, pool: app, hedge: { after: p95 } }]")},
    {"NoHedge", LISTENER("routes: [{ match: /a, pool: app }]"),
     LISTENER("routes: [{ match: /a, pool: app, hedge: off }]")},
    {"RetryDefaults", LISTENER("routes: [{ match: /a, pool: app }]"),
     LISTENER("routes: [{ match: /a, pool: app, retry: { per_try_timeout: off, budget: 20% } }]")},
    {"OneRetryReason", LISTENER("routes: [{ match: /a, pool: app, retry: { on: connect } }]"),
     LISTENER("routes: [{ match: /a, pool: app, retry: { on: [connect] } }]")},
    {"PoolAfterRoutes",
     "listeners: { web: { bind: 80, routes: [{ match: /a, pool: a }], pool: b } }\npools: { a: "
     "[127.0.0.1:1], b: [127.0.0.1:2] }\n",
     "listeners: { web: { bind: 80, routes: [{ match: /a, pool: a }, { pool: b }] } }\npools: { a: "
     "[127.0.0.1:1], b: [127.0.0.1:2] }\n"},
    {"OneRouteAlone", "listeners: { web: { bind: 80, routes: { redirect: https } } }\n",
     ROUTE("redirect: https")},
    {"AdminAsAddress", "admin: 127.0.0.1:1\n" ROUTE("redirect: /a"),
     "admin: { bind: 127.0.0.1:1 }\n" ROUTE("redirect: /a")},
    {"AccessLogFormat", "access_log: json\n" ROUTE("redirect: /a"),
     "access_log: { format: json, to: stdout }\n" ROUTE("redirect: /a")},
    {"AccessLogTarget", "access_log: ./a.log\n" ROUTE("redirect: /a"),
     "access_log: { format: text, to: ./a.log }\n" ROUTE("redirect: /a")},
    {"AutoWorkers", ROUTE("redirect: /a"), "workers: auto\n" ROUTE("redirect: /a")},
    {"OneProxy", "trusted_proxies: 10.0.0.1\n" ROUTE("redirect: /a"),
     "trusted_proxies: [10.0.0.1/32]\n" ROUTE("redirect: /a")},
    {"ZeroNeedsNoUnit", "drain_timeout: 0\n" ROUTE("redirect: /a"),
     "drain_timeout: 0s\n" ROUTE("redirect: /a")},
    {"QuotesChangeNothing", "workers: \"4\"\n" ROUTE("redirect: /a"),
     "workers: 4\n" ROUTE("redirect: /a")},
};

class ShortForm : public testing::TestWithParam<Form> {};

TEST_P(ShortForm, MeansTheLongOne) {
  const std::string meant = dump_yaml(good(GetParam().short_form));
  EXPECT_EQ(meant, dump_yaml(good(GetParam().long_form)));
}

TEST_P(ShortForm, SurvivesItsOwnDump) {
  const std::string once = dump_yaml(good(GetParam().short_form));
  EXPECT_EQ(once, dump_yaml(good(once)));
}

INSTANTIATE_TEST_SUITE_P(All, ShortForm, testing::ValuesIn(kForms),
                         [](const testing::TestParamInfo<Form>& info) {
                           return std::string(info.param.name);
                         });

TEST(Load, OffTurnsOff) {
  const Config config = good(
      "admin: off\naccess_log: off\nlisteners: { web: { bind: 80, pool: app } }\npools: { app: { "
      "health: off, backends: [127.0.0.1:1] } }\n");
  EXPECT_FALSE(config.admin.has_value());
  EXPECT_FALSE(config.access_log.on);
  EXPECT_EQ(config.pools[0].health.kind, ProbeConfig::Kind::off);
}

TEST(Load, TellsAllProblemsAtOnceInTheOrderOfTheFile) {
  const LoadResult result = load_text(
      "workers: 0\nlisteners:\n  web:\n    bind: [::1]:80\n    pool: ap\n    idle_timeout: "
      "5\npools:\n  app:\n    helth: /\n    backends: [127.0.0.1:1, 127.0.0.1:1]\n");
  std::vector<int> lines;
  for (const Problem& problem : result.problems) {
    if (problem.severity == Severity::error) lines.push_back(problem.place.line);
  }
  EXPECT_EQ(lines, (std::vector<int>{1, 4, 5, 6, 9, 10}));
  EXPECT_FALSE(result.config.has_value());
}

TEST(Load, AFileThatCannotBeReadIsNamed) {
  const TestFiles files;
  const LoadResult result = load("fairlead.yaml", files.outside());
  EXPECT_EQ(render(result.problems),
            "fairlead.yaml: error: cannot read `fairlead.yaml`: no such file\n1 error\n");
}

TEST(Load, AFileAboveSixteenMebibytesIsRefused) {
  const LoadResult result = load_text(std::string(16 * 1024 * 1024 + 1, '#'));
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].message,
            "cannot read `fairlead.yaml`: it has 16777217 bytes, and 16 MiB are the most");
}

TEST(Load, AnAliasCannotUnfoldIntoMore) {
  const LoadResult result = load_text("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n");
  EXPECT_FALSE(result.config.has_value());
}

TEST(Load, ManyProblemsInABigFileAreToldQuickly) {
  std::string text = "listeners:\n";
  for (int i = 0; i < 20'000; ++i)
    text += "  l" + std::to_string(i) + ": { bind: 80, pool: p" + std::to_string(i) + " }\n";
  const LoadResult result = load_text(text);
  EXPECT_EQ(result.problems.size(), 10'000u);
}

std::string file_of_this_project(const std::string& path) {
  const auto root = std::filesystem::path(__FILE__).parent_path() / ".." / ".." / "..";
  std::ifstream file(root / path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

class Example : public testing::TestWithParam<const char*> {};

TEST_P(Example, LoadsWithoutAWarning) {
  const std::string text = file_of_this_project(std::string("examples/") + GetParam());
  ASSERT_FALSE(text.empty());
  const LoadResult result = load_text(text);
  EXPECT_TRUE(result.config.has_value());
  EXPECT_EQ(render(result.problems), "");
}

INSTANTIATE_TEST_SUITE_P(All, Example,
                         testing::Values("smallest.yaml", "routes.yaml", "matches.yaml",
                                         "tcp.yaml"));

TEST(Load, EverySplitThatNamesNobodyIsTold) {
  const LoadResult result = load_text(
      "listeners:\n  web:\n    bind: 80\n    routes:\n"
      "      - { match: /1, split: {} }\n"
      "      - { match: /2, split: { a: 0, b: 0 } }\n"
      "pools: { a: [127.0.0.1:1], b: [127.0.0.1:2] }\n");
  ASSERT_EQ(result.problems.size(), 2u) << render(result.problems);
  EXPECT_EQ(result.problems[0].message, "`split` names no pool");
  EXPECT_EQ(result.problems[1].message, "nobody in `split` has any weight");
}

}  // namespace
}  // namespace fairlead::core
