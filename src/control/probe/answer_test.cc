#include "control/probe/answer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace fairlead::control {
namespace {

core::Pattern pattern(std::string_view text) { return *core::Pattern::parse(text); }

http::Fetched page(std::string body, uint16_t status = 200) {
  return {.status = status, .body = std::move(body)};
}

TEST(Judging, WantsAStatusThatIsExpected) {
  EXPECT_EQ(judge({}, page("")).words, "status 200");
  EXPECT_EQ(judge({.expect = {{200, 299}, {404, 404}}}, page("", 503)).words,
            "status 503, expected 200-299, 404");
  EXPECT_EQ(judge({.expect = {{404, 404}}}, page("", 404)).verdict, Verdict::passed);
}

TEST(Judging, HoldsTheWholeBodyAgainstThePattern) {
  const auto verdict = [](std::string_view wanted, std::string body) {
    return judge({.body = pattern(wanted)}, page(std::move(body))).verdict;
  };
  EXPECT_EQ(verdict("ok", "ok\r\n"), Verdict::passed);
  EXPECT_EQ(verdict("ok", "all ok"), Verdict::failed);
  EXPECT_EQ(verdict("*ok*", "all\nok\nhere"), Verdict::passed);
  EXPECT_EQ(verdict("~^ok", "ok, more"), Verdict::passed);
  EXPECT_EQ(verdict("*", ""), Verdict::passed);
  EXPECT_EQ(judge({.body = pattern("ok")}, page("no")).words,
            "status 200, but its body does not match `ok`");
}

TEST(Judging, FollowsPointersIntoJson) {
  const auto words = [](std::string pointer, std::string_view wanted) {
    static const std::string kBody =
        R"({"status":"ok","n":5,"up":true,"no":null,"a/b":{"~":"x"},"list":[{"up":false},"s"]})";
    return judge({.json = {{std::move(pointer), pattern(wanted)}}}, page(kBody)).words;
  };
  EXPECT_EQ(words("/status", "ok"), "status 200");
  EXPECT_EQ(words("/n", "5"), "status 200");
  EXPECT_EQ(words("/up", "true"), "status 200");
  EXPECT_EQ(words("/no", "null"), "status 200");
  EXPECT_EQ(words("/a~1b/~0", "x"), "status 200");
  EXPECT_EQ(words("/list/0/up", "false"), "status 200");
  EXPECT_EQ(words("/list", "*"), "status 200");
  EXPECT_EQ(words("/status", "up"), "status 200, but `/status` is `ok`, expected `up`");
  EXPECT_EQ(words("/list", "x"), "status 200, but `/list` is a list or an object, expected `x`");
  for (const char* none : {"/", "/missing", "/list/2", "/list/00", "/list/-", "/list/x", "/n/0",
                           "/list/99999999999999999999", "/status/0"}) {
    EXPECT_EQ(words(none, "*"), std::string("status 200, but its body has no `") + none + "`");
  }
}

TEST(Judging, SaysThatABodyIsNoJson) {
  const core::ProbeConfig config{.json = {{"/a", pattern("1")}}};
  for (const char* body : {"", "<html>", "{\"a\":1", "{\"a\":1}}", "\xff", "{\"a\":\"\xff\"}"}) {
    EXPECT_EQ(judge(config, page(body)).words, "status 200, but its body is no JSON") << body;
  }
  http::Fetched cut = page("{\"a\":1");
  cut.is_whole = false;
  EXPECT_EQ(judge(config, cut).words, "status 200, but its body is too long to be read as JSON");
}

TEST(Judging, SurvivesJsonAsDeepAsABodyCanBe) {
  const std::string deep = "{\"a\":" + std::string(30'000, '[') + std::string(30'000, ']') + "}";
  EXPECT_EQ(judge({.json = {{"/a", pattern("1")}}}, page(deep)).words,
            "status 200, but `/a` is a list or an object, expected `1`");
  EXPECT_EQ(judge({.json = {{"/a", pattern("1")}}}, page(std::string(60'000, '['))).words,
            "status 200, but its body is no JSON");
}

TEST(Judging, TakesTheBackendsWordByAnyOneSign) {
  const auto signs = [](uint16_t status, std::string_view word) {
    return core::SignsConfig{.status = {{status, status}},
                             .headers = {{"x-health", pattern(word)}},
                             .body = pattern(fmt::format("*{}*", word)),
                             .json = {{"/status", pattern(word)}}};
  };
  core::ProbeConfig config;
  config.degraded = signs(429, "slow");
  config.draining = signs(404, "leaving");
  const auto words = [&](http::Fetched answer) {
    const ProbeResult result = judge(config, answer);
    return fmt::format("{}: {}", name_of(result.verdict), result.words);
  };
  EXPECT_EQ(words(page("", 429)), "degraded: status 429");
  EXPECT_EQ(words(page("", 404)), "draining: status 404");
  EXPECT_EQ(words({.status = 200, .fields = {{"x-health", "slow"}}}),
            "degraded: status 200, header x-health is `slow`");
  EXPECT_EQ(words({.status = 200, .fields = {{"x-health", "leaving"}}}),
            "draining: status 200, header x-health is `leaving`");
  EXPECT_EQ(words(page("a slow day")), "degraded: status 200, its body matches `*slow*`");
  EXPECT_EQ(words(page("slow, and leaving")), "draining: status 200, its body matches `*leaving*`");
  config.degraded.body = config.draining.body = {};
  EXPECT_EQ(words(page(R"({"status":"slow"})")), "degraded: status 200, `/status` is `slow`");
  EXPECT_EQ(words(page(R"({"status":"leaving"})")), "draining: status 200, `/status` is `leaving`");
  EXPECT_EQ(words(page("fine")), "passed: status 200");
  EXPECT_EQ(words({.status = 200, .fields = {{"x-health", "ok"}}}), "passed: status 200");
  EXPECT_EQ(words({.status = 500, .fields = {{"x-health", "leaving"}}}),
            "failed: status 500, expected 200-399");
}

TEST(Judging, AsksForTheStatusBeforeTheSigns) {
  core::ProbeConfig config{.json = {{"/status", pattern("ok")}}};
  config.degraded.json = {{"/status", pattern("degraded")}};
  const std::string body = R"({"status":"degraded"})";
  EXPECT_EQ(judge(config, page(body, 500)).verdict, Verdict::failed);
  EXPECT_EQ(judge(config, page(body)).verdict, Verdict::degraded);
  EXPECT_EQ(judge(config, page(R"({"status":"down"})")).verdict, Verdict::failed);
}

}  // namespace
}  // namespace fairlead::control
