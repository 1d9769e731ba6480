#include "proxy/filter/header_edits.h"

#include <gtest/gtest.h>

#include "http/message_pool.h"
#include "http/prepare.h"
#include "http/test_exchange.h"
#include "proxy/template_facts.h"

namespace fairlead::proxy {
namespace {

core::Template text(std::string_view given) { return core::Template::parse(given).value(); }

// The fields that go on, one line each.
std::string lines(const http::Fields& fields) {
  std::string out;
  for (const http::Field& field : fields.all()) {
    if (field.hop_by_hop || field.id == http::FieldId::host) continue;
    if (wire::http1::says_who_asked(field.id)) continue;
    out += std::string(field.name) + ": " + std::string(field.value) + "\n";
  }
  return out;
}

class EditsTest : public testing::Test {
 protected:
  // What goes on of a request with these lines.
  std::string request(std::string_view head_lines, const core::HeaderEdits& edits) {
    http::TestExchange exchange("GET /a?b HTTP/1.1\r\nHost: shop.example\r\n" +
                                std::string(head_lines) + "\r\n");
    Random random(1);
    const Address peer = exchange->stream().peer();
    const auto prepared = http::prepare(exchange->request(), exchange->scratch(),
                                        {.peer = peer, .scheme = "http", .trusted = {}},
                                        wire::EncodedSlash::refuse, random);
    const auto done = edit_request(edits, ExchangeFacts(*exchange, *prepared), exchange->request(),
                                   exchange->scratch());
    return done ? lines(exchange->request().fields) : "refused: " + done.error().detail;
  }

  // What goes on of a response with these fields.
  std::string response(std::vector<http::Field> fields, const core::HeaderEdits& edits,
                       bool by_https = false) {
    http::TestExchange exchange("GET /a?b HTTP/1.1\r\nHost: shop.example\r\nX-In: 1\r\n\r\n");
    const http::Prepared prepared{.host = "shop.example", .path = "/a"};
    const http::PooledResponse head = http::take_response();
    head->fields.clear();
    for (const http::Field& field : fields) head->fields.add(field);
    edit_response(edits, ExchangeFacts(*exchange, prepared, "10.0.0.1:80"), *head,
                  exchange->scratch(), by_https);
    return lines(head->fields);
  }

  core::HeaderEdits edits_;
};

TEST_F(EditsTest, SetTakesThePlaceOfAllOfItsName) {
  edits_.set.push_back({"x-tier", text("gold")});
  EXPECT_EQ(request("X-Tier: a\r\nx_tier: b\r\nX-Other: c\r\n", edits_),
            "X-Other: c\nx-tier: gold\n");
}

TEST_F(EditsTest, AddStandsBeside) {
  edits_.add.push_back({"x-tier", text("gold")});
  EXPECT_EQ(request("X-Tier: a\r\n", edits_), "X-Tier: a\nx-tier: gold\n");
}

TEST_F(EditsTest, RemoveTakesNamesAndPatterns) {
  edits_.remove.push_back(core::Pattern::parse("x-debug-*", core::Case::ignored).value());
  edits_.remove.push_back(core::Pattern::parse("X-Old", core::Case::ignored).value());
  EXPECT_EQ(request("X-Debug-A: 1\r\nx_debug_b: 2\r\nX-OLD: 3\r\nX-Debug: 4\r\n", edits_),
            "X-Debug: 4\n");
}

TEST_F(EditsTest, WhatIsFilledInIsTheRequestAsItCame) {
  edits_.remove.push_back(core::Pattern::parse("x-a", core::Case::ignored).value());
  edits_.set.push_back({"x-b", text("{header:x-a} {uri}")});
  edits_.set.push_back({"x-c", text("{header:x-b}")});
  EXPECT_EQ(request("X-A: 1\r\nX-B: 2\r\n", edits_), "x-b: 1 /a?b\nx-c: 2\n");
}

TEST_F(EditsTest, AnEmptyValueLeavesTheFieldOut) {
  edits_.set.push_back({"x-user", text("{header:x-nobody}")});
  edits_.set.push_back({"x-a", text("")});
  EXPECT_EQ(request("X-User: root\r\nX-A: 1\r\n", edits_), "");
}

TEST_F(EditsTest, NoOneTakesOursAwayByConnection) {
  edits_.set.push_back({"x-user", text("me")});
  EXPECT_EQ(request("Connection: x-user\r\nX-User: root\r\n", edits_), "x-user: me\n");
}

TEST(FieldValues, HoldNoControlsButTabs) {
  EXPECT_TRUE(is_field_value("a b\tc\xc3\xa4"));
  EXPECT_TRUE(is_field_value(""));
  EXPECT_FALSE(is_field_value("a\r\nb"));
  EXPECT_FALSE(is_field_value(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_field_value("a\x7f"));
}

TEST_F(EditsTest, ResponsesKnowTheBackend) {
  edits_.set.push_back({"x-served-by", text("{backend}")});
  edits_.add.push_back({"x-in", text("{header:x-in}")});
  EXPECT_EQ(response({{.name = "X-Served-By", .value = "me"}}, edits_),
            "x-served-by: 10.0.0.1:80\nx-in: 1\n");
}

TEST_F(EditsTest, ThePresetAddsWhatNobodySaid) {
  edits_.security = true;
  const std::string plain = response({}, edits_);
  EXPECT_NE(plain.find("x-content-type-options: nosniff\n"), std::string::npos);
  EXPECT_NE(plain.find("x-frame-options: SAMEORIGIN\n"), std::string::npos);
  EXPECT_EQ(plain.find("strict-transport-security"), std::string::npos);
  EXPECT_NE(response({}, edits_, true).find("strict-transport-security: max-age=31536000\n"),
            std::string::npos);
}

TEST_F(EditsTest, ThePresetLeavesTheBackendsOwnAndWhatIsEdited) {
  edits_.security = true;
  edits_.set.push_back({"referrer-policy", text("no-referrer")});
  edits_.remove.push_back(core::Pattern::parse("permissions-*", core::Case::ignored).value());
  const std::string out = response({{.name = "X-Frame-Options", .value = "DENY"}}, edits_);
  EXPECT_NE(out.find("X-Frame-Options: DENY\n"), std::string::npos);
  EXPECT_EQ(out.find("SAMEORIGIN"), std::string::npos);
  EXPECT_NE(out.find("referrer-policy: no-referrer\n"), std::string::npos);
  EXPECT_EQ(out.find("strict-origin"), std::string::npos);
  EXPECT_EQ(out.find("permissions-policy"), std::string::npos);
}

}  // namespace
}  // namespace fairlead::proxy
