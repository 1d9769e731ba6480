#include "proxy/filter/respond.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "http/test_exchange.h"
#include "proxy/filter/maintenance.h"
#include "proxy/template_facts.h"

namespace fairlead::proxy {
namespace {

http::Answer respond(const core::Respond& config, std::string_view lines = "",
                     std::string_view method = "GET") {
  http::TestExchange exchange(std::string(method) + " /a HTTP/1.1\r\nHost: a\r\n" +
                              std::string(lines) + "\r\n");
  const http::Prepared prepared{.host = "a", .path = "/a", .outside_host = "a"};
  return answer_of(config, ExchangeFacts(*exchange, prepared), exchange->request());
}

core::Respond text(std::string_view body, std::string content_type) {
  core::Respond config;
  config.body = core::Template::parse(body).value();
  config.content_type = std::move(content_type);
  return config;
}

core::Respond file() {
  core::Respond config;
  config.file = {.path = "a.txt",
                 .text = std::make_shared<const std::string>("hello"),
                 .content_type = "text/plain",
                 .etag = "\"1\""};
  return config;
}

TEST(Respond, WhatIsFilledInIsEscapedForTheType) {
  const std::string lines = "X-A: <b>\"c\"\r\n";
  EXPECT_EQ(respond(text("{header:x-a}", "text/plain"), lines).text(), "<b>\"c\"");
  EXPECT_EQ(respond(text("{header:x-a}", "application/json"), lines).text(), "<b>\\\"c\\\"");
  EXPECT_EQ(respond(text("{header:x-a}", "text/html; charset=utf-8"), lines).text(),
            "&lt;b&gt;&quot;c&quot;");
  EXPECT_EQ(respond(text("{header:x-a}", "Text/HTML"), lines).text(), "&lt;b&gt;&quot;c&quot;");
  EXPECT_EQ(respond(text("{header:x-a}", "application/LD+JSON"), lines).text(), "<b>\\\"c\\\"");
}

TEST(Respond, AFileIsNotSentToWhoHasIt) {
  EXPECT_EQ(respond(file()).text(), "hello");
  for (const char* tags : {"\"1\"", "W/\"1\"", "\"0\" , \"1\"", "*"}) {
    const http::Answer answer = respond(file(), "If-None-Match: " + std::string(tags) + "\r\n");
    EXPECT_EQ(answer.status, 304) << tags;
    EXPECT_TRUE(answer.text().empty());
    EXPECT_EQ(answer.fields.at(0).second, "\"1\"");
  }
  EXPECT_EQ(respond(file(), "If-None-Match: \"11\"\r\n").status, 200);
  EXPECT_EQ(respond(file(), "If-None-Match: \"1\"\r\n", "POST").status, 200);
}

TEST(Respond, HasFurtherFields) {
  core::Respond config = text("", "text/plain");
  config.headers.push_back({"x-path", core::Template::parse("{path}").value()});
  config.headers.push_back({"x-none", core::Template::parse("{header:x-none}").value()});
  const http::Answer answer = respond(config);
  ASSERT_EQ(answer.fields.size(), 1u);
  EXPECT_EQ(answer.fields[0], std::pair(std::string("x-path"), std::string("/a")));
}

TEST(Redirect, NothingThatIsFilledInEndsTheField) {
  http::TestExchange exchange("GET /a?b=\"<> HTTP/1.1\r\nHost: a\r\nX-A: b c\r\n\r\n");
  const http::Prepared prepared{.host = "a", .path = "/a", .outside_host = "a"};
  core::Redirect redirect;
  redirect.to = core::Template::parse("https://b{uri}#{header:x-a}").value();
  const http::Answer answer = *answer_of(redirect, ExchangeFacts(*exchange, prepared));
  EXPECT_EQ(answer.fields.at(0).second, "https://b/a?b=%22%3C%3E#b%20c");
}

TEST(Redirect, WithoutAnAddressIsRefused) {
  http::TestExchange exchange("GET /evil.com/x HTTP/1.0\r\n\r\n");
  const http::Prepared prepared{.path = "/evil.com/x"};
  core::Redirect redirect;
  redirect.to = core::Template::parse("https://{host}{uri}").value();
  const auto answer = answer_of(redirect, ExchangeFacts(*exchange, prepared));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().side, Side::downstream);
  EXPECT_EQ(http::answer_to(answer.error()).status, 400);
}

http::Answer maintained(const core::MaintenanceConfig& config, std::string_view lines) {
  http::TestExchange exchange("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n");
  return answer_of(config, exchange->request());
}

TEST(MaintenanceAnswer, IsHtmlForBrowsersAndAProblemForOthers) {
  core::MaintenanceConfig config{.given = true};
  config.retry_after = 90s;
  const http::Answer page = maintained(config, "Accept: text/html,*/*;q=0.8\r\n");
  EXPECT_EQ(page.status, 503);
  EXPECT_TRUE(page.content_type.starts_with("text/html"));
  EXPECT_EQ(page.fields.at(0), std::pair(std::string("retry-after"), std::string("90")));
  EXPECT_EQ(maintained(config, "Accept: application/json\r\n").content_type,
            "application/problem+json");
  config.body = "soon";
  EXPECT_EQ(maintained(config, "").text(), "soon");
}

}  // namespace
}  // namespace fairlead::proxy
