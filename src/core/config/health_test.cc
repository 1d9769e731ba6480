// Probes in a file: what each kind's settings become, and that a dump shows no password.
#include <gtest/gtest.h>

#include "core/config/dump.h"
#include "core/config/test_files.h"

namespace fairlead::core {
namespace {

using Kind = ProbeConfig::Kind;

Config good(const std::string& text) {
  LoadResult result = load_text(text);
  EXPECT_TRUE(result.config.has_value()) << text << render(result.problems);
  return result.config.value_or(Config{});
}

std::string file(const std::string& health) {
  return "listeners: { web: { bind: 80, pool: app } }\npools: { app: { health: " + health +
         ", backends: [127.0.0.1:1] } }\n";
}
ProbeConfig read(const std::string& health) { return good(file(health)).pools.at(0).health; }

TEST(HealthConfig, IsAConnectUnlessItSaysOtherwise) {
  const ProbeConfig probe = read("{ interval: 3s }");
  EXPECT_EQ(probe.kind, Kind::tcp);
  EXPECT_EQ(probe.tcp, TcpProbeConfig());
  EXPECT_EQ(probe.port, 0u);
  EXPECT_EQ(probe.fast_interval, 1s);
}

TEST(HealthConfig, TakesWhatAnHttpProbeAsksAndWants) {
  const ProbeConfig probe = read(
      "{ http: /h, method: POST, headers: { X-Key: v }, body: \"*ok*\", json: { /a/b: 1 }, port: "
      "81, fast_interval: 100ms, degraded: { status: [429, 500-502], headers: { X-Health: slow }, "
      "body: no, json: { /c: d } }, draining: { status: 404, headers: { X-Health: leaving } } }");
  EXPECT_EQ(probe.kind, Kind::http);
  EXPECT_EQ(probe.method, "POST");
  EXPECT_EQ(probe.headers.at(0), (std::pair<std::string, std::string>("x-key", "v")));
  EXPECT_TRUE(probe.body->matches("all ok"));
  EXPECT_EQ(probe.json.at(0).first, "/a/b");
  EXPECT_EQ(probe.port, 81u);
  EXPECT_EQ(probe.fast_interval, 100ms);
  EXPECT_EQ(probe.degraded.status.at(1), StatusRange(500, 502));
  EXPECT_EQ(probe.degraded.headers.at(0).first, "x-health");
  EXPECT_EQ(probe.degraded.body->text(), "no");
  EXPECT_EQ(probe.degraded.json.at(0).second.text(), "d");
  EXPECT_EQ(probe.draining.status.at(0), StatusRange(404, 404));
  EXPECT_TRUE(probe.draining.headers.at(0).second.matches("leaving"));
}

TEST(HealthConfig, ReadsEscapesInBytes) {
  const ProbeConfig probe = read(R"({ tcp: { send: 'PING\r\n\x00\\', expect: "+PONG\r\n" } })");
  EXPECT_EQ(probe.tcp.send, std::string("PING\r\n\0\\", 8));
  EXPECT_EQ(probe.tcp.expect, "+PONG\r\n");
}

TEST(HealthConfig, TakesTheOtherKinds) {
  EXPECT_EQ(read("{ grpc: my.Service }").grpc_service, "my.Service");
  EXPECT_EQ(read("{ grpc: \"\" }").kind, Kind::grpc);
  EXPECT_EQ(read("{ redis: {} }").kind, Kind::redis);
  EXPECT_EQ(read("{ redis: { auth: x, user: me } }").redis.user, "me");
  EXPECT_EQ(read("{ postgres: {} }").postgres.user, "postgres");
  EXPECT_EQ(read("{ postgres: { role: replica } }").postgres.role,
            PostgresProbeConfig::Role::replica);
}

TEST(HealthConfig, SurvivesItsOwnDump) {
  for (const char* health :
       {R"({ tcp: { send: 'PING\r\n\x00\\', expect: "+PONG\r\n" } })", "{ grpc: \"\", port: 5 }",
        "{ redis: {} }", "{ postgres: { user: a, database: b, role: replica } }",
        "{ http: /, method: HEAD, headers: { a: b }, degraded: { status: 429 } }",
        "{ http: /, body: \"~^a\", json: { /a~1b: \"*\" }, degraded: { json: { /c: d } } }",
        "{ http: /, draining: { status: [404, 500-502], headers: { a: b } } }"}) {
    const Config config = good(file(health));
    EXPECT_EQ(good(dump_yaml(config)).pools[0].health, config.pools[0].health) << health;
  }
}

TEST(HealthConfig, HidesPasswordsInItsDump) {
  for (const char* health :
       {"{ redis: { auth: very-secret } }", "{ postgres: { password: very-secret } }",
        "{ http: /, headers: { authorization: very-secret } }"}) {
    const Config config = good(file(health));
    EXPECT_FALSE(dump_yaml(config).contains("very-secret")) << health;
    EXPECT_TRUE(dump_json(config).contains("(hidden)")) << health;
  }
}

}  // namespace
}  // namespace fairlead::core
