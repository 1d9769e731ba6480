#include "wire/http1_fields.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace fairlead::wire::http1 {
namespace {

const std::vector<std::pair<std::string, FieldId>> kNames = {
    {"connection", FieldId::connection},
    {"keep-alive", FieldId::keep_alive},
    {"proxy-connection", FieldId::proxy_connection},
    {"te", FieldId::te},
    {"trailer", FieldId::trailer},
    {"transfer-encoding", FieldId::transfer_encoding},
    {"upgrade", FieldId::upgrade},
    {"proxy-authenticate", FieldId::proxy_authenticate},
    {"proxy-authorization", FieldId::proxy_authorization},
    {"host", FieldId::host},
    {"content-length", FieldId::content_length},
    {"content-type", FieldId::content_type},
    {"expect", FieldId::expect},
    {"via", FieldId::via},
    {"date", FieldId::date},
    {"server", FieldId::server},
    {"forwarded", FieldId::forwarded},
    {"x-forwarded-for", FieldId::x_forwarded_for},
    {"x-forwarded-proto", FieldId::x_forwarded_proto},
    {"x-forwarded-host", FieldId::x_forwarded_host},
    {"x-real-ip", FieldId::x_real_ip},
    {"x-request-id", FieldId::x_request_id},
    {"x-client-cert-subject", FieldId::x_client_cert},
    {"x-fairlead-explain", FieldId::x_fairlead_explain},
    {"x-fairlead-mirror", FieldId::x_fairlead_mirror},
    {"cookie", FieldId::cookie},
    {"user-agent", FieldId::user_agent},
    {"referer", FieldId::referer},
};

std::string capitals(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
  return text;
}

TEST(FieldIds, EveryNameHasItsIdInAnyCase) {
  // All but two, which stand for many names.
  EXPECT_EQ(kNames.size() + 2, static_cast<size_t>(FieldId::referer));
  for (const auto& [name, id] : kNames) {
    EXPECT_EQ(field_id(name), id) << name;
    EXPECT_EQ(field_id(capitals(name)), id) << name;
  }
}

TEST(FieldIds, OneOtherByteAnywhereIsAnotherName) {
  for (const auto& [name, id] : kNames) {
    for (size_t at = 0; at < name.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string other = name;
        other[at] = static_cast<char>(byte);
        EXPECT_EQ(field_id(other) == id, equals_ignoring_case(other, name)) << other;
      }
    }
    const bool is_prefix = name.starts_with("x-forwarded-");
    EXPECT_EQ(field_id(name + "s"), is_prefix ? FieldId::x_forwarded_other : FieldId::other);
    EXPECT_EQ(field_id(name.substr(1)), FieldId::other);
  }
  EXPECT_EQ(field_id(""), FieldId::other);
}

TEST(FieldIds, WhateverElseBeginsWithXForwardedIsKnownAsThat) {
  for (const char* name : {"x-forwarded-port", "X-Forwarded-SSL", "x-forwarded-", "X-FORWARDED-By",
                           "x-forwarded-client-cert-chain-of-all"})
    EXPECT_EQ(field_id(name), FieldId::x_forwarded_other) << name;
  for (const char* name : {"x-forwarded", "x-forwardedfor", "x-forwards-for", "xx-forwarded-for",
                           "x-forwarde", "xmforwarded-port", "x.forwarded-port"})
    EXPECT_EQ(field_id(name), FieldId::other) << name;
}

TEST(FieldIds, ADashWrittenAsUnderscoreIsTold) {
  for (const auto& [name, id] : kNames) {
    for (size_t at = name.find('-'); at != name.npos; at = name.find('-', at + 1)) {
      std::string other = name;
      other[at] = '_';
      EXPECT_EQ(field_id(other), FieldId::underscored) << other;
      EXPECT_EQ(field_id(capitals(other)), FieldId::underscored) << other;
    }
  }
  for (const char* name :
       {"x_forwarded_for", "X_Forwarded_Port", "x-forwarded-client_cert",
        "x-forwarded_a-long-name-behind-it", "x_forwarded-a-long-name-behind-it"})
    EXPECT_EQ(field_id(name), FieldId::underscored) << name;
}

TEST(FieldIds, OtherNamesWithUnderscoresAreOther) {
  for (const char* name : {"x_tenant", "_", "_________", "x-tenant_id", "accept_language", "t_e",
                           "a_rather_long_name_that_nobody_knows", "for_warded"})
    EXPECT_EQ(field_id(name), FieldId::other) << name;
}

TEST(Fields, FindsTheFirstOfAnIdOrName) {
  Fields fields;
  fields.add({.name = "X-A", .value = "1"});
  fields.add({.name = "Host", .value = "a", .id = FieldId::host});
  fields.add({.name = "x-a", .value = "2"});
  EXPECT_EQ(fields.find("x-a"), "1");
  EXPECT_EQ(fields.find(FieldId::host), "a");
  EXPECT_EQ(fields.find(FieldId::cookie), std::nullopt);
  EXPECT_EQ(fields.find("x-b"), std::nullopt);
  fields.clear();
  EXPECT_EQ(fields.find("x-a"), std::nullopt);
}

TEST(Fields, TakesNoMoreThanItHolds) {
  Fields fields;
  for (size_t i = 0; i < kMostFields; ++i) EXPECT_TRUE(fields.add({.name = "a", .value = "b"}));
  EXPECT_FALSE(fields.add({.name = "a", .value = "b"}));
  EXPECT_EQ(fields.size(), kMostFields);
}

}  // namespace
}  // namespace fairlead::wire::http1
