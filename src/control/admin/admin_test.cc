// The admin API over the simulated network: each call, who may use it, and what it answers to bad
// input.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "control/admin/admin_server.h"
#include "control/admin/admin_service.h"
#include "control/test_config.h"
#include "control/test_log.h"
#include "http/fetch.h"
#include "http/test_server.h"
#include "net/sim_network.h"

namespace fairlead::control {
namespace {

using nlohmann::json;

const Ip kHere = Ip::v4({10, 0, 0, 1});
const Ip kThere = Ip::v4({10, 0, 0, 2});
const Address kAdmin(kHere, 9900);
const Address kBackend(kThere, 9001);
const Address kDead(kThere, 9002);

class Admin : public testing::Test {
 protected:
  Admin() {
    server_ = std::move(*AdminServer::open(here_, kAdmin, service_, lines_.log));
    controller_.start(test_config({test_pool("api", {kBackend, kDead})}));
  }

  http::Fetched ask(http::FetchRequest request) {
    std::optional<Result<http::Fetched>> result;
    const auto run = [&]() -> net::Task<void> {
      result = co_await http::fetch(there_, kAdmin, std::move(request), there_.now() + 5s, 1 << 20);
    };
    net::Scope scope;
    scope.spawn(run());
    world_.run_until([&] { return result.has_value(); }, world_.now() + 60s);
    if (!result || !*result) {
      ADD_FAILURE() << (result ? result->error().detail : "no end");
      return {};
    }
    return **result;
  }
  http::Fetched get(std::string path) { return ask({.path = std::move(path)}); }
  json get_json(std::string path) {
    const http::Fetched fetched = get(std::move(path));
    EXPECT_EQ(fetched.status, 200);
    EXPECT_EQ(fetched.content_type, "application/json");
    return json::parse(fetched.body, nullptr, false);
  }
  json order(const std::string& address, std::string body, uint16_t status) {
    const http::Fetched fetched = ask({.method = "PATCH",
                                       .path = "/api/v1/pools/api/backends/" + address,
                                       .body = std::move(body)});
    EXPECT_EQ(fetched.status, status) << fetched.body;
    return json::parse(fetched.body, nullptr, false);
  }
  void settle() { world_.run_for(500ms); }

  net::SimWorld world_{3};
  net::SimNetwork here_{world_, kHere};
  net::SimNetwork there_{world_, kThere};
  http::TestServer backend_{there_, kBackend, "HTTP/1.1 200 OK\r\n\r\n"};
  TestLog lines_;
  Controller controller_{
      {.network = here_, .log = lines_.log, .workers = 2, .seed = 1, .publish = [](auto) {}}};
  std::expected<uint64_t, core::Problems> reloaded_ = 2;
  AdminService service_{{.controller = controller_,
                         .network = here_,
                         .log = lines_.log,
                         .version = "1.2.3",
                         .started = here_.wall_now(),
                         .started_at = here_.now(),
                         .reload = [this] { return reloaded_; },
                         .loop_lags = [] { return std::vector<Duration>{1ms, 2ms}; },
                         .log_dropped = [] { return uint64_t{5}; },
                         .bound = {}}};
  std::unique_ptr<AdminServer> server_;
};

TEST_F(Admin, SaysThatItLives) {
  const auto fetched = get("/health");
  EXPECT_EQ(fetched.status, 200);
  EXPECT_EQ(fetched.body, "ok\n");
}

TEST_F(Admin, IsReadyAfterTheFirstProbesAndNoMoreWhileDraining) {
  const http::Fetched starting = [&] {
    world_.set_plan(kHere, {});
    return get("/ready");
  }();
  EXPECT_TRUE(starting.status == 503 || controller_.first_round_done());
  settle();
  EXPECT_EQ(get("/ready").status, 200);
  controller_.begin_drain();
  const auto draining = get("/ready");
  EXPECT_EQ(draining.status, 503);
  EXPECT_EQ(draining.content_type, "application/problem+json");
  EXPECT_EQ(json::parse(draining.body)["reasons"][0], "draining: this instance is about to stop");
}

TEST_F(Admin, TellsOfTheInstance) {
  settle();
  const json status = get_json("/api/v1/status");
  EXPECT_EQ(status["version"], "1.2.3");
  EXPECT_EQ(status["generation"], 1);
  EXPECT_EQ(status["workers"], 2);
  EXPECT_GT(status["uptime_seconds"], 0.4);
  EXPECT_EQ(status["listeners"][0]["name"], "api");
  EXPECT_EQ(status["listeners"][0]["addresses"][0], ":8080");
  EXPECT_EQ(status["listeners"][0]["protocol"], "http");
}

TEST_F(Admin, TellsOfPoolsAndBackends) {
  settle();
  const json pool = get_json("/api/v1/pools")["pools"][0];
  EXPECT_EQ(pool["name"], "api");
  EXPECT_EQ(pool["balance"], "power_of_two");
  EXPECT_EQ(pool["basis"], "healthy");
  const json one = pool["backends"][0];
  EXPECT_EQ(one["address"], "10.0.0.2:9001");
  EXPECT_EQ(one["state"], "healthy");
  EXPECT_EQ(one["reason"], "first probe passed");
  EXPECT_TRUE(one["since"].get<std::string>().starts_with("2026-01-01T00:00:00."));
  EXPECT_EQ(one["last_check"]["result"], "passed");
  EXPECT_EQ(one["last_check"]["detail"], "connected");
  EXPECT_EQ(one["checks"]["passed"], 1);
  EXPECT_EQ(pool["backends"][1]["state"], "unhealthy");
  EXPECT_EQ(pool["backends"][1]["eligible"], false);
  EXPECT_EQ(get_json("/api/v1/pools/api")["name"], "api");
  EXPECT_EQ(get("/api/v1/pools/other").status, 404);
}

TEST_F(Admin, TakesOrdersForABackend) {
  settle();
  const json one = order("10.0.0.2:9001", R"({"state": "draining", "weight": 7})", 200);
  EXPECT_EQ(one["pool"], "api");
  EXPECT_EQ(one["state"], "draining");
  EXPECT_EQ(one["eligible"], false);
  EXPECT_EQ(one["weight"], 7);
  EXPECT_EQ(one["file_weight"], 1);
  EXPECT_EQ(one["orders"], json::parse(R"({"state": "draining", "weight": 7})"));
  EXPECT_EQ(one["drain"]["left"], 0);
  EXPECT_EQ(one["warning"],
            "no usable backend is left in pool `api`: requests are answered with 503");
  settle();
  const json drained = get_json("/api/v1/pools/api")["backends"][0];
  EXPECT_EQ(drained["reason"], "drained");
  EXPECT_EQ(drained["drain"]["drained"], true);
  const json back = order("10.0.0.2%3A9001", R"({"state": "enabled", "weight": null})", 200);
  EXPECT_EQ(back["state"], "healthy");
  EXPECT_FALSE(back.contains("orders") || back.contains("drain") || back.contains("warning"));
  const json events = get_json("/api/v1/events")["events"];
  std::set<std::string> kinds;
  for (const json& event : events) kinds.insert(event["kind"]);
  EXPECT_TRUE(kinds.contains("backend_weight") && kinds.contains("backend_drained"));
}

TEST_F(Admin, RefusesWhatIsNoOrder) {
  settle();
  for (const char* body :
       {"", "[]", "draining", "{}", R"({"state": "up"})", R"({"state": null})", R"({"state": 1})",
        R"({"weight": -1})", R"({"weight": 1001})", R"({"weight": 1.5})", R"({"weight": "5"})",
        R"({"weight": true})", R"({"weight": 1e99})", R"({"wieght": 5})",
        R"({"state": "draining", "weight": 5, "x": 1})", "{\"state\": \"draining\"", "\xff"}) {
    const json problem = order("10.0.0.2:9001", body, 400);
    EXPECT_TRUE(problem["detail"].get<std::string>().find("allowed: ") != std::string::npos)
        << body;
  }
  EXPECT_EQ(get_json("/api/v1/pools/api")["backends"][0]["state"], "healthy");
}

TEST_F(Admin, NamesWhoWasMeantByAnUnknownName) {
  settle();
  const json backend = order("10.0.0.2:9010", R"({"weight": 5})", 404);
  EXPECT_EQ(backend["type"], "urn:fairlead:problem/no-backend");
  EXPECT_NE(backend["detail"].get<std::string>().find("did you mean `10.0.0.2:90"),
            std::string::npos);
  const auto pool = ask({.method = "PATCH", .path = "/api/v1/pools/apl/backends/10.0.0.2:9001"});
  EXPECT_EQ(pool.status, 404);
  EXPECT_EQ(json::parse(pool.body)["detail"], "`apl` is unknown; did you mean `api`? known: api");
}

TEST_F(Admin, LetsForeignPagesGiveNoOrder) {
  EXPECT_EQ(ask({.method = "PATCH",
                 .path = "/api/v1/pools/api/backends/10.0.0.2:9001",
                 .fields = {{"origin", "http://evil.example"}},
                 .body = R"({"weight": 5})"})
                .status,
            403);
}

TEST_F(Admin, TellsWhatHappened) {
  settle();
  const json events = get_json("/api/v1/events");
  EXPECT_EQ(events["events"][0]["kind"], "started");
  EXPECT_EQ(events["events"][0]["id"], 1);
  const uint64_t last = events["last_id"];
  EXPECT_EQ(get_json("/api/v1/events?after=" + std::to_string(last))["events"].size(), 0u);
  EXPECT_EQ(get_json("/api/v1/events?limit=1")["events"].size(), 1u);
  EXPECT_EQ(get("/api/v1/events?after=x").status, 400);
}

TEST_F(Admin, ReloadsAndTellsWhatIsWrongWithAFile) {
  EXPECT_EQ(json::parse(ask({.method = "POST", .path = "/api/v1/reload"}).body)["generation"], 2);
  reloaded_ = std::unexpected(core::Problems{{.place = {"fairlead.yaml", 3, 7},
                                              .message = "unknown key `bnd`",
                                              .hint = "did you mean `bind`?",
                                              .line = "  web: { bnd: 80 }",
                                              .included_from = {},
                                              .other = {}}});
  const auto refused = ask({.method = "POST", .path = "/api/v1/reload"});
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.content_type, "application/problem+json");
  const json problem = json::parse(refused.body);
  EXPECT_EQ(problem["errors"][0]["line"], 3);
  EXPECT_EQ(problem["errors"][0]["hint"], "did you mean `bind`?");
  EXPECT_EQ(problem["detail"], "1 error");
}

TEST_F(Admin, ExplainsARequestFromLiveState) {
  settle();
  const auto ask_for = [&](std::string body, std::string query = "") {
    return ask({.method = "POST", .path = "/api/v1/explain" + query, .body = std::move(body)});
  };
  const auto fetched = ask_for(R"({"request":"GET http://a.example:8080/x","client":"10.9.9.9"})");
  ASSERT_EQ(fetched.status, 200) << fetched.body;
  const json told = json::parse(fetched.body, nullptr, false);
  EXPECT_EQ(told["live"], true);
  EXPECT_EQ(told["request"]["client"], "10.9.9.9");
  EXPECT_EQ(told["listener"]["name"], "api");
  EXPECT_EQ(told["route"]["name"], "api/0");
  EXPECT_EQ(told["backend"], "10.0.0.2:9001");
  const std::string why = told["pool"]["backends"][1]["why"];
  EXPECT_TRUE(why.starts_with("unhealthy: ")) << why << ": the reason of the health book";
  const auto text = ask_for(R"({"request":"/x"})", "?format=text");
  EXPECT_EQ(text.content_type, "text/plain; charset=utf-8");
  EXPECT_TRUE(text.body.ends_with("\nto 10.0.0.2:9001 in pool api\n")) << text.body;
}

TEST_F(Admin, SaysWhyARequestCannotBeExplained) {
  const auto status_of = [&](std::string body, std::string query = "") {
    const auto fetched =
        ask({.method = "POST", .path = "/api/v1/explain" + query, .body = std::move(body)});
    EXPECT_EQ(fetched.content_type, "application/problem+json");
    return fetched.status;
  };
  EXPECT_EQ(status_of(""), 400);
  EXPECT_EQ(status_of("{}"), 400);
  EXPECT_EQ(status_of(R"({"request":"/"})", "?format=xml"), 400);
  EXPECT_EQ(status_of(R"({"request":"/%zz"})"), 422);
  EXPECT_EQ(get("/api/v1/explain").status, 405);
}

TEST_F(Admin, ShowsEveryMetric) {
  settle();
  const auto fetched = get("/metrics");
  EXPECT_EQ(fetched.status, 200);
  for (
      const char* line :
      {"fairlead_backend_state{pool=\"api\",backend=\"10.0.0.2:9001\",state=\"healthy\"} 1\n",
       "fairlead_backend_state{pool=\"api\",backend=\"10.0.0.2:9001\",state=\"unhealthy\"} 0\n",
       "fairlead_health_checks_total{pool=\"api\",backend=\"10.0.0.2:9001\",result=\"passed\"} 1\n",
       "fairlead_config_generation 1\n", "fairlead_build_info{version=\"1.2.3\"} 1\n",
       "fairlead_loop_lag_seconds{worker=\"1\"} 0.002\n", "fairlead_log_dropped_total 5\n",
       "# TYPE fairlead_request_duration_seconds histogram\n",
       "fairlead_retries_total{pool=\"api\"} 0\n",
       "fairlead_retries_refused_total{pool=\"api\",reason=\"budget\"} 0\n",
       "fairlead_request_duration_seconds_bucket{listener=\"api\",route=\"api/0\",pool=\"api\","
       "le=\"+Inf\"} 0\n",
       "fairlead_bytes_total{listener=\"api\",direction=\"out\"} 0\n", "fairlead_backend_active"}) {
    EXPECT_NE(fetched.body.find(line), std::string::npos) << line;
  }
}

TEST_F(Admin, ShowsTheConfigurationAsYamlOrJson) {
  EXPECT_EQ(get("/api/v1/config").content_type, "text/yaml; charset=utf-8");
  const auto as_json = get("/api/v1/config?format=json");
  EXPECT_TRUE(json::parse(as_json.body, nullptr, false).is_object());
}

TEST_F(Admin, ShowsAPageWithoutScripts) {
  settle();
  const auto page = get("/");
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_NE(page.body.find("10.0.0.2:9001"), std::string::npos);
  EXPECT_EQ(page.body.find("<script"), std::string::npos);
}

TEST_F(Admin, AnswersHeadWithoutABody) {
  const auto head = ask({.method = "HEAD", .path = "/metrics"});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
}

TEST_F(Admin, SaysWhatAPathTakes) {
  EXPECT_EQ(ask({.method = "DELETE", .path = "/health"}).status, 405);
  EXPECT_EQ(get("/api/v1/reload").status, 405);
  EXPECT_EQ(get("/nowhere").status, 404);
}

TEST_F(Admin, RefusesForeignPages) {
  EXPECT_EQ(ask({.host = "evil.example", .path = "/api/v1/pools"}).status, 403);
  EXPECT_EQ(ask({.method = "POST",
                 .path = "/api/v1/reload",
                 .fields = {{"origin", "http://evil.example"}}})
                .status,
            403);
}

TEST_F(Admin, TakesNoLargeBody) {
  EXPECT_EQ(
      ask({.method = "POST", .path = "/api/v1/reload", .body = std::string(70'000, 'x')}).status,
      413);
}

TEST_F(Admin, ClosesWhatIsOverItsLimitAtOnce) {
  std::vector<std::unique_ptr<net::Stream>> streams;
  for (uint32_t i = 0; i < AdminServer::kMostConnections + 10; ++i) {
    streams.push_back(std::move(*there_.connect(kAdmin)));
  }
  settle();
  EXPECT_EQ(server_->connections(), AdminServer::kMostConnections);
  EXPECT_EQ(lines_.count("further ones are closed at once"), 1u);
  streams.clear();
  settle();
  EXPECT_EQ(server_->connections(), 0u);
  EXPECT_EQ(get("/health").status, 200);
}

}  // namespace
}  // namespace fairlead::control
