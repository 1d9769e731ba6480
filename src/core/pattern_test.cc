#include "core/pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace fairlead::core {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  return Pattern::parse(pattern).value().matches(text);
}
bool path_matches(std::string_view pattern, std::string_view path) {
  return PathPattern::parse(pattern).value().matches(path);
}

TEST(Pattern, ExactIsTheSameText) {
  EXPECT_TRUE(matches("gold", "gold"));
  EXPECT_FALSE(matches("gold", "golden"));
  EXPECT_FALSE(matches("gold", "Gold"));
}

TEST(Pattern, AStarStandsForAnyRunOfCharacters) {
  EXPECT_TRUE(matches("fr*", "fr"));
  EXPECT_TRUE(matches("fr*", "fr-CH"));
  EXPECT_TRUE(matches("*.example.com", "a.b.example.com"));
  EXPECT_FALSE(matches("*.example.com", "example.com"));
  EXPECT_TRUE(matches("a*b*c", "abbbc"));
  EXPECT_FALSE(matches("a*b*c", "acb"));
  EXPECT_FALSE(matches("a*a", "a"));
  EXPECT_TRUE(matches("**", ""));
}

TEST(Pattern, AStarAloneIsPresent) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(Pattern::parse("*")->matches_all());
  EXPECT_FALSE(Pattern::parse("**")->matches_all());
}

TEST(Pattern, ATildeIsARegularExpressionFoundAnywhere) {
  EXPECT_TRUE(matches("~Mobile|Android", "xx Android yy"));
  EXPECT_FALSE(matches("~^a$", "ba"));
}

TEST(Pattern, AnExpressionThatIsFoundAnywhereTakesAnyText) {
  for (const char* text : {"~", "~^", "~.*", "~^.*", "~.*$"}) {
    EXPECT_TRUE(Pattern::parse(text)->takes_any_text()) << text;
    EXPECT_EQ(Pattern::parse(text)->text(), text);
    EXPECT_TRUE(PathPattern::parse(text)->matches_all()) << text;
  }
  EXPECT_FALSE(Pattern::parse("~.")->takes_any_text());
}

TEST(Pattern, WhatCountsIsCostly) {
  for (const char* text : {"~^.*a.{300}$", "~Mobile.{0,1000}Safari"})
    EXPECT_TRUE(Pattern::parse(text)->cost()) << text;
  for (const char* text :
       {"~Mobile|Android|iPhone", "~(?i)(bot|crawl|spider|slurp|bing|google|yandex)", "a*b",
        "~^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "~^Bearer [A-Za-z0-9._-]{20,200}$"})
    EXPECT_FALSE(Pattern::parse(text)->cost()) << text;
  EXPECT_EQ(Pattern::parse("~.{700}a.{700}b").error(),
            "this regular expression is too costly: it has 11206 steps, and at most 10000 are "
            "allowed; write `*` or `+` where it counts");
}

TEST(Pattern, CaseCanBeIgnored) {
  EXPECT_TRUE(Pattern::parse("*.Example.COM", Case::ignored)->matches("a.example.com"));
  EXPECT_TRUE(Pattern::parse("~^WWW\\.", Case::ignored)->matches("www.a"));
  EXPECT_EQ(Pattern::parse("A.B", Case::ignored)->text(), "A.B");
}

TEST(Pattern, WhatIsWrongIsSaidInWords) {
  EXPECT_EQ(Pattern::parse("~a(").error(), "this is not a regular expression: missing ): a(");
  EXPECT_EQ(Pattern::parse("").error(),
            "an empty pattern matches nothing; `*` matches whatever is there");
  EXPECT_FALSE(Pattern::parse(std::string(5000, 'a')).has_value());
  EXPECT_FALSE(Pattern::parse("~((((a{1000}){1000}){1000}){1000})").has_value());
}

// Every way to place the stars, tried one character after the other.
bool slow_glob(std::string_view glob, std::string_view text) {
  if (glob.empty()) return text.empty();
  if (glob[0] == '*')
    return slow_glob(glob.substr(1), text) || (!text.empty() && slow_glob(glob, text.substr(1)));
  return !text.empty() && glob[0] == text[0] && slow_glob(glob.substr(1), text.substr(1));
}

std::string word_of(unsigned number, std::string_view letters, unsigned length) {
  std::string word;
  for (unsigned i = 0; i < length; ++i, number /= static_cast<unsigned>(letters.size()))
    word += letters[number % letters.size()];
  return word;
}

TEST(Pattern, GlobsAgreeWithTheSlowTwinOnAllShortWords) {
  for (unsigned glob_length = 2; glob_length <= 5; ++glob_length) {
    for (unsigned g = 0; g < 243; ++g) {
      const std::string glob = word_of(g, "ab*", glob_length);
      for (unsigned t = 0; t < 64; ++t) {
        const std::string text = word_of(t, "ab", t % 7);
        ASSERT_EQ(matches(glob, text), slow_glob(glob, text)) << glob << " " << text;
      }
    }
  }
}

TEST(PathPattern, ASlashAndAStarMatchWholeSegments) {
  EXPECT_TRUE(path_matches("/api/*", "/api"));
  EXPECT_TRUE(path_matches("/api/*", "/api/"));
  EXPECT_TRUE(path_matches("/api/*", "/api/1/2"));
  EXPECT_FALSE(path_matches("/api/*", "/apis"));
  EXPECT_FALSE(path_matches("/api/*", "/"));
  EXPECT_TRUE(path_matches("/*", "/"));
  EXPECT_TRUE(path_matches("/*", "/a/b"));
}

TEST(PathPattern, AGlobBeforeTheLastSegmentKeepsTheRule) {
  EXPECT_TRUE(path_matches("/u*/photos/*", "/user/photos"));
  EXPECT_TRUE(path_matches("/u*/photos/*", "/user/photos/1"));
  EXPECT_FALSE(path_matches("/u*/photos/*", "/user/photosets"));
}

TEST(PathPattern, OtherFormsAreAsEverywhere) {
  EXPECT_TRUE(path_matches("/a", "/a"));
  EXPECT_FALSE(path_matches("/a", "/a/"));
  EXPECT_TRUE(path_matches("*.php", "/x/y.php"));
  EXPECT_TRUE(path_matches("~\\.(png|jpg)$", "/a.png"));
  EXPECT_TRUE(PathPattern::parse("/*")->matches_all());
  EXPECT_TRUE(PathPattern::parse("*")->matches_all());
  EXPECT_FALSE(PathPattern::parse("/a/*")->matches_all());
}

TEST(PathPattern, WhatCouldNeverMatchIsRefused) {
  for (const char* text : {"api", "/a//b", "/a/../b", "/a/.", "/..", "/a?b", "/a#b", ""}) {
    EXPECT_FALSE(PathPattern::parse(text).has_value()) << text;
  }
  for (const char* text : {"/a.b", "/.well-known/x", "/a..b", "/..."})
    EXPECT_TRUE(PathPattern::parse(text).has_value()) << text;
}

}  // namespace
}  // namespace fairlead::core
