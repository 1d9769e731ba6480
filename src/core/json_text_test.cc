#include "core/json_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/random.h"
#include "core/pattern.h"

namespace fairlead::core {
namespace {

// What stands there, or why there is nothing.
std::string at(std::string_view text, std::string_view pointer) {
  const auto json = JsonText::parse(text);
  if (!json) return "no JSON";
  const auto* value = json->find(pointer);
  if (value == nullptr) return "nothing";
  return value->is_structured() ? "structured" : json->text_of(*value);
}

TEST(JsonText, IsAskedByPointers) {
  const std::string_view text =
      R"( {"room": {"id": "42", "seats": [7, {"x": true}, null]}, "a/b": 1, "m~n": 2, "": 3} )";
  EXPECT_EQ(at(text, "/room/id"), "42");
  EXPECT_EQ(at(text, "/room/seats/0"), "7");
  EXPECT_EQ(at(text, "/room/seats/1/x"), "true");
  EXPECT_EQ(at(text, "/room/seats/2"), "null");
  EXPECT_EQ(at(text, "/a~1b"), "1");
  EXPECT_EQ(at(text, "/m~0n"), "2");
  EXPECT_EQ(at(text, "/"), "3");
  EXPECT_EQ(at(text, "/room"), "structured");
  EXPECT_EQ(at(text, ""), "structured");
  for (const char* pointer : {"/rooms", "/room/id/x", "/room/seats/3", "/room/seats/-",
                              "/room/seats/01", "/room/seats/x", "/room/", "/room/seats/0/0"})
    EXPECT_EQ(at(text, pointer), "nothing") << pointer;
}

TEST(JsonText, NumbersKeepTheirCharacters) {
  for (const char* number :
       {"0", "-0", "1.50", "1e3", "-2.5E-07", "123456789012345678901234567890"})
    EXPECT_EQ(at(std::string("[") + number + "]", "/0"), number);
}

TEST(JsonText, StringsLoseTheirEscapes) {
  EXPECT_EQ(at(R"(["\"\\\/\b\f\n\r\t"])", "/0"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(at(R"(["\u00e9\u20ac\ud83d\ude00"])", "/0"), "é€😀");
  EXPECT_EQ(at(R"({"caf\u00e9": 1})", "/café"), "1");
  EXPECT_EQ(at(R"(["\u0000"])", "/0"), std::string(1, '\0'));
}

TEST(JsonText, OfANameThatStandsTwiceTheLastCounts) {
  EXPECT_EQ(at(R"({"a": 1, "a": 2})", "/a"), "2");
  EXPECT_EQ(at(R"({"a": 1, "\u0061": {"b": 3}})", "/a/b"), "3");
}

TEST(JsonText, RefusesWhatIsNoJson) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "[1,]",
                           "{\"a\":1,}",
                           "{a:1}",
                           "[01]",
                           "[1.]",
                           "[.5]",
                           "[+1]",
                           "[1e]",
                           "[tru]",
                           "\"",
                           "[\"\n\"]",
                           "[\"\\x\"]",
                           "[\"\\u12\"]",
                           "[\"\\ud800\"]",
                           "[\"\\ud800\\u0041\"]",
                           "[\"\\udc00\"]",
                           "[\"\xff\"]",
                           "[\"\xc0\x80\"]",
                           "[1] 2",
                           "[1}",
                           "nul",
                           "'a'",
                           "[\"\\",
                           "-"})
    EXPECT_EQ(at(text, ""), "no JSON") << text;
}

TEST(JsonText, BoundsItsDepth) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(JsonText::parse(nested(JsonText::kDeepest)));
  EXPECT_FALSE(JsonText::parse(nested(JsonText::kDeepest + 1)));
  EXPECT_FALSE(JsonText::parse(std::string(1 << 20, '[')));
}

TEST(JsonText, IsHeldAgainstPatterns) {
  const auto json = JsonText::parse(R"({"a": "x\u0079", "n": 42, "l": [], "z": null})");
  const auto matches = [&](const char* pointer, const char* pattern) {
    return json->matches(*json->find(pointer), *Pattern::parse(pattern));
  };
  EXPECT_TRUE(matches("/a", "xy"));
  EXPECT_TRUE(matches("/n", "4*"));
  EXPECT_FALSE(matches("/n", "42.0"));
  EXPECT_TRUE(matches("/l", "*"));
  EXPECT_FALSE(matches("/l", "~.*"));
  EXPECT_TRUE(matches("/z", "null"));
}

TEST(JsonText, KeysAreOfTextsNumbersAndTruthValues) {
  const auto json = JsonText::parse(R"({"a": "x", "n": 42, "t": false, "l": {}, "z": null})");
  EXPECT_EQ(json->key_at("/a"), "x");
  EXPECT_EQ(json->key_at("/n"), "42");
  EXPECT_EQ(json->key_at("/t"), "false");
  for (const char* pointer : {"/l", "/z", "/none"})
    EXPECT_EQ(json->key_at(pointer), std::nullopt) << pointer;
}

// Texts of few letters, most of them nearly JSON.
std::string some_text(Random& random, int depth) {
  static constexpr std::array<const char*, 12> kPieces = {
      "1",       "-2.5e1", "true", "null", "\"a\"", "\"\\u00e9\"",
      "\"\\n\"", "\"b\"",  "0",    "{}",   "[]",    "x"};
  if (depth == 0 || random.below(3) == 0) return kPieces[random.below(kPieces.size())];
  const bool list = random.below(2) == 0;
  std::string text(1, list ? '[' : '{');
  for (uint32_t i = random.below(4); i > 0; --i) {
    if (!list) text += random.below(2) == 0 ? "\"a\":" : "\"\\u0062\" : ";
    text += some_text(random, depth - 1) + (i > 1 || random.below(30) == 0 ? "," : " ");
  }
  return text + (list ? ']' : '}');
}

TEST(JsonText, AgreesWithAnotherReader) {
  Random random(7);
  int good = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = some_text(random, 4);
    const auto json = JsonText::parse(text);
    const auto other = nlohmann::json::parse(text, nullptr, false);
    ASSERT_EQ(json.has_value(), !other.is_discarded()) << text;
    if (!json) continue;
    ++good;
    for (const char* pointer : {"", "/a", "/b", "/0", "/1", "/a/0", "/b/a", "/0/a", "/a/b/0"}) {
      const nlohmann::json::json_pointer where(pointer);
      const auto* value = json->find(pointer);
      // It throws for an index into a list that is no number: then there is nothing.
      bool there = false;
      try {
        there = other.contains(where);
      } catch (const nlohmann::json::exception&) {
      }
      ASSERT_EQ(value != nullptr, there) << text << " at " << pointer;
      if (there && other[where].is_string())
        ASSERT_EQ(json->text_of(*value), other[where].get<std::string>()) << text;
    }
  }
  EXPECT_GT(good, 1000);
}

}  // namespace
}  // namespace fairlead::core
