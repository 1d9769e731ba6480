#include "core/sticky/sealed_name.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/sticky/test_seal.h"

namespace fairlead::core {
namespace {

const WallTime kLater{std::chrono::seconds(1'800'000'000)};
const TestSeal kSeal({"new", "old"});

TEST(SealedName, SaysWhatWasSealed) {
  const std::string value =
      seal_name({.name = 0x0123456789abcdef, .expires = kLater}, "app", kSeal);
  EXPECT_EQ(value.size(), SealedName::kSize);
  const auto opened = open_name(value, "app", kSeal);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->sealed.name, 0x0123456789abcdefu);
  EXPECT_EQ(opened->sealed.expires, kLater);
  EXPECT_EQ(opened->key, 0u);
}

TEST(SealedName, MeansNothingInAnotherPool) {
  const std::string value = seal_name({1, kLater}, "app", kSeal);
  EXPECT_FALSE(open_name(value, "api", kSeal));
  EXPECT_FALSE(open_name(value, "", kSeal));
}

TEST(SealedName, IsBelievedUnderAnOldKeyAndSaysSo) {
  const std::string value = seal_name({7, kLater}, "app", TestSeal({"old"}));
  const auto opened = open_name(value, "app", kSeal);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->key, 1u);
  EXPECT_FALSE(open_name(value, "app", TestSeal({"new"})));
}

TEST(SealedName, NoSingleCharacterCanBeAnother) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const std::string value = seal_name({42, kLater}, "app", kSeal);
  for (size_t at = 0; at < value.size(); ++at) {
    for (const char digit : kDigits) {
      std::string other = value;
      other[at] = digit;
      EXPECT_EQ(open_name(other, "app", kSeal).has_value(), digit == value[at]) << other;
    }
  }
}

TEST(SealedName, OtherLengthsAndLettersAreNone) {
  const std::string value = seal_name({42, kLater}, "app", kSeal);
  EXPECT_FALSE(open_name("", "app", kSeal));
  EXPECT_FALSE(open_name(value.substr(1), "app", kSeal));
  EXPECT_FALSE(open_name(value + "A", "app", kSeal));
  EXPECT_FALSE(open_name(value + std::string(100'000, 'A'), "app", kSeal));
  EXPECT_FALSE(open_name(std::string(SealedName::kSize, '+'), "app", kSeal));
  EXPECT_FALSE(open_name(std::string(SealedName::kSize, '\0'), "app", kSeal));
  EXPECT_FALSE(open_name(std::string(SealedName::kSize, '\xff'), "app", kSeal));
}

TEST(SealedName, AnEndBehindWhatFitsIsCut) {
  const WallTime far{std::chrono::seconds(9'000'000'000)};
  const auto opened = open_name(seal_name({1, far}, "app", kSeal), "app", kSeal);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->sealed.expires, WallTime(std::chrono::seconds(UINT32_MAX)));
}

TEST(SealedName, WhatNobodySealedIsNeverOpened) {
  EXPECT_TRUE(rc::check(
      [](const std::string& text) { RC_ASSERT(!open_name(text, "app", kSeal).has_value()); }));
}

}  // namespace
}  // namespace fairlead::core
