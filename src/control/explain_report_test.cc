#include "control/explain_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/explain_request.h"
#include "control/test_config.h"

namespace fairlead::control {
namespace {

const Address kOne(Ip::v4({127, 0, 0, 1}), 9001);
const Address kTwo(Ip::v4({127, 0, 0, 1}), 9002);

core::Explanation explained(core::PoolConfig pool, const AskedRequest& asked) {
  core::Registry registry(1);
  const auto snapshot = core::make_snapshot(
      test_config({std::move(pool)}), registry, 1, 1, [](const auto&, const auto& backend) {
        return core::Standing{core::State::healthy, backend.weight};
      });
  const auto request = describe(asked, *snapshot);
  EXPECT_TRUE(request) << request.error();
  return core::explain(*snapshot, *request, {});
}

core::PoolConfig hashed() {
  core::PoolConfig pool = test_pool("app", {kOne, kTwo});
  pool.balance = {.algorithm = "maglev", .key = *core::parse_key_source("cookie:sid")};
  return pool;
}

void expect_words(const std::string& text, std::initializer_list<const char*> all) {
  for (const char* words : all) EXPECT_NE(text.find(words), text.npos) << words << "\n" << text;
}

TEST(ExplainText, TellsTheKeyAndWhereItLeads) {
  const AskedRequest asked{.request = "http://a:8080/", .headers = {{"cookie", "sid=abc"}}};
  expect_words(explain_text(explained(hashed(), asked)),
               {"cookie:sid", "abc, hash ", "maglev", "slot ", " of 65537", "the key leads here"});
}

TEST(ExplainText, TellsOfTheFallback) {
  expect_words(explain_text(explained(hashed(), {.request = "http://a:8080/"})),
               {"client_ip", "127.0.0.1, hash ", "there is no cookie:sid"});
}

TEST(ExplainText, HasColumnsForWhatIsThere) {
  core::PoolConfig pool = test_pool("app", {kOne, kTwo});
  pool.balance.algorithm = "least_connections";
  const std::string plain = explain_text(explained(pool, {.request = "http://a:8080/"}));
  expect_words(plain, {"COMPARED", "active / weight"});
  EXPECT_EQ(plain.find("BACKUP"), plain.npos);
  EXPECT_EQ(plain.find("AVERAGE"), plain.npos);
  pool.backends[1].backup = true;
  expect_words(explain_text(explained(pool, {.request = "http://a:8080/"})),
               {"BACKUP", "a backup; others are healthy"});
}

TEST(ExplainJson, HasEveryNumber) {
  const AskedRequest asked{.request = "http://a:8080/", .headers = {{"cookie", "sid=abc"}}};
  core::PoolConfig pool = hashed();
  pool.balance.bounded_load = 125;
  pool.backends[1].backup = true;
  const auto json = nlohmann::json::parse(explain_json(explained(pool, asked)));
  EXPECT_EQ(json["pool"]["key"]["value"], "abc");
  EXPECT_EQ(json["pool"]["key"]["fallback"], false);
  EXPECT_EQ(json["pool"]["key"]["hash"].get<std::string>().size(), 16U);
  EXPECT_TRUE(json["pool"]["algorithm"]["place"].get<std::string>().starts_with("slot "));
  const auto& one = json["pool"]["backends"][0];
  EXPECT_EQ(one["eligible"], true);
  EXPECT_EQ(one["portion"], 1);
  EXPECT_EQ(one["most_active"], 2);
  EXPECT_EQ(one["taken"], true);
  EXPECT_EQ(json["pool"]["backends"][1]["out_by"], "backup");
  EXPECT_EQ(json["backend"], "127.0.0.1:9001");
}

}  // namespace
}  // namespace fairlead::control
