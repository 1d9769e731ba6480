// What routes change, limit and copy, as it is read and dumped.
#include "core/config/edits.h"

#include <gtest/gtest.h>

#include "core/config/dump.h"
#include "core/config/test_files.h"

namespace fairlead::core {
namespace {

constexpr const char* kPools = "pools: { app: [127.0.0.1:9001], shadow: [127.0.0.1:9002] }\n";

Config loaded(const std::string& yaml) {
  const TestFiles files{{{"fairlead.yaml", yaml + kPools}, {"a.html", "<p>"}}};
  LoadResult result = load("fairlead.yaml", files.outside());
  EXPECT_TRUE(result.config) << render(result.problems);
  if (!result.config) return {};
  // What it is dumped as means the same.
  const std::string dump = dump_yaml(*result.config);
  const TestFiles again{{{"fairlead.yaml", dump}, {"a.html", "<p>"}}};
  LoadResult second = load("fairlead.yaml", again.outside());
  EXPECT_TRUE(second.config) << render(second.problems) << dump;
  if (second.config) EXPECT_EQ(dump_yaml(*second.config), dump);
  return std::move(*result.config);
}

RouteConfig route(const std::string& settings) {
  Config config = loaded("listeners: { web: { bind: 80, routes: [{ " + settings + " }] } }\n");
  return config.listeners.empty() ? RouteConfig{} : config.listeners[0].routes[0];
}

TEST(Edits, ARewriteHasThreeWaysToSayAPath) {
  using Kind = PathRewrite::Kind;
  EXPECT_EQ(route("pool: app, rewrite: \"/v2{path}\"").rewrite.path.kind(), Kind::by_template);
  EXPECT_EQ(route("pool: app, rewrite: [/a, /b]").rewrite.path.kind(), Kind::by_regex);
  const RouteConfig both =
      route("pool: app, rewrite: { path: { strip_prefix: /a, add_prefix: /b }, host: c }");
  EXPECT_EQ(both.rewrite.path.kind(), Kind::by_prefix);
  EXPECT_EQ(both.rewrite.path.first(), "/a");
  EXPECT_EQ(both.rewrite.path.second(), "/b");
  EXPECT_EQ(both.rewrite.host->text(), "c");
}

TEST(Edits, PrefixesMayStandWithoutThePath) {
  const RouteConfig one =
      route("pool: app, rewrite: { strip_prefix: /a, add_prefix: /b, host: c }");
  EXPECT_EQ(one.rewrite.path.kind(), PathRewrite::Kind::by_prefix);
  EXPECT_EQ(one.rewrite.path.first(), "/a");
  EXPECT_EQ(one.rewrite.path.second(), "/b");
  EXPECT_EQ(one.rewrite.host->text(), "c");
}

TEST(Edits, NamesOfHeadersAreInLowerCase) {
  const RouteConfig one = route(
      "pool: app, request_headers: { set: { X-A: \"{client_ip}\" }, remove: X-B }, "
      "response_headers: { add: { X-C: \"{backend}\" }, preset: security }");
  EXPECT_EQ(one.request_headers.set.at(0).name, "x-a");
  EXPECT_TRUE(one.request_headers.remove.at(0).matches("x-b"));
  EXPECT_EQ(one.response_headers.add.at(0).name, "x-c");
  EXPECT_TRUE(one.response_headers.security);
}

TEST(Edits, LimitsAndBuffers) {
  const RouteConfig one = route("pool: app, max_body: 10MiB, max_connections: 5, buffer: 64KiB");
  EXPECT_EQ(one.max_body, 10u << 20);
  EXPECT_EQ(one.max_connections, 5u);
  EXPECT_EQ(one.buffer.request, 65536u);
  EXPECT_EQ(one.buffer.response, 65536u);
  EXPECT_EQ(route("pool: app, max_body: off, buffer: { response: 1MiB }").buffer.request, 0u);
}

TEST(Edits, AMirrorIsItsPool) {
  EXPECT_EQ(route("pool: app, mirror: shadow").mirror.pool, "shadow");
  const MirrorConfig mirror =
      route("pool: app, mirror: { pool: shadow, percent: 10, max_body: 1KiB, limit: 2 }").mirror;
  EXPECT_EQ(mirror.percent, 10u);
  EXPECT_EQ(mirror.max_body, 1024u);
  EXPECT_EQ(mirror.limit, 2u);
}

TEST(Edits, MaintenanceIsOnWhereItIsGiven) {
  EXPECT_FALSE(route("pool: app").maintenance.acts());
  EXPECT_FALSE(route("pool: app, maintenance: off").maintenance.acts());
  EXPECT_TRUE(route("pool: app, maintenance: on").maintenance.acts());
  EXPECT_TRUE(route("pool: app, maintenance: { allow: 10.0.0.0/8 }").maintenance.acts());
  const MaintenanceConfig kept =
      route("pool: app, maintenance: { on: false, file: a.html }").maintenance;
  EXPECT_TRUE(kept.given);
  EXPECT_FALSE(kept.acts());
  EXPECT_EQ(*kept.file.text, "<p>");
}

TEST(Edits, TraceIsOff) {
  EXPECT_FALSE(loaded(kWeb).listeners.at(0).trace.on);
  const Config on = loaded("listeners: { web: { bind: 80, pool: app, trace: on } }\n");
  EXPECT_TRUE(on.listeners.at(0).trace.on);
  const Config some =
      loaded("listeners: { web: { bind: 80, pool: app, trace: { sample: 5% } } }\n");
  EXPECT_EQ(some.listeners.at(0).trace.sample, 5u);
}

std::string body_of(const std::string& respond) {
  const RouteConfig one = route("respond: " + respond);
  const auto* given = std::get_if<Respond>(&one.action);
  return given ? given->body.text() : "";
}

TEST(Edits, JsonHasTheTypesOfYaml) {
  EXPECT_EQ(body_of("{ json: { a: 1, b: -2.5e3, c: true, d: null, e: [~, \"1\", x], f: {} } }"),
            "{\"a\":1,\"b\":-2.5e3,\"c\":true,\"d\":null,\"e\":[null,\"1\",\"x\"],\"f\":{}}\n");
  EXPECT_EQ(body_of("{ json: [01, 1., .5, 0x1, \"true\", +1] }"),
            "[\"01\",\"1.\",\".5\",\"0x1\",\"true\",\"+1\"]\n");
  EXPECT_EQ(body_of("{ json: text }"), "\"text\"\n");
}

TEST(Edits, AFileHasItsTypeByItsExtension) {
  const RouteConfig one = route("respond: { file: a.html }");
  const auto& respond = std::get<Respond>(one.action);
  EXPECT_EQ(respond.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(*respond.file.text, "<p>");
  EXPECT_EQ(respond.file.etag.size(), 34u);
  const RouteConfig other = route("respond: { file: a.html, content_type: text/x }");
  EXPECT_EQ(std::get<Respond>(other.action).content_type, "text/x");
}

}  // namespace
}  // namespace fairlead::core
