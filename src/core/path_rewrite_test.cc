#include "core/path_rewrite.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace fairlead::core {
namespace {

// {path} is the path, {header:NAME} what the test says.
class OneHeader : public TemplateFacts {
 public:
  explicit OneHeader(std::string_view path, std::string value = {})
      : path_(path), value_(std::move(value)) {}
  void append(std::string& out, Fact fact, std::string_view) const override {
    out += fact == Fact::path ? path_ : value_;
  }

 private:
  std::string path_;
  std::string value_;
};

std::string by_regex(std::string_view expression, std::string_view replacement,
                     std::string_view path) {
  const auto result = PathRewrite::by_regex(expression, replacement)->apply(path, OneHeader(path));
  return result ? *result : "error: " + result.error();
}

std::string by_prefix(std::string_view strip, std::string_view add, std::string_view path) {
  return PathRewrite::by_prefix(strip, add)->apply(path, OneHeader(path)).value();
}

std::string by_template(std::string_view text, std::string_view path, std::string value = {}) {
  const auto result =
      PathRewrite::by_template(text)->apply(path, OneHeader(path, std::move(value)));
  return result ? *result : "error: " + result.error();
}

TEST(PathRewrite, AnExpressionReplacesTheFirstPlaceWhereItIsFound) {
  EXPECT_EQ(by_regex("/old/(.*)", "/new/\\1", "/old/a/b"), "/new/a/b");
  EXPECT_EQ(by_regex("^/u/([0-9]+)/([a-z]+)$", "/\\2/\\1", "/u/7/photos"), "/photos/7");
  EXPECT_EQ(by_regex("a", "b", "/a/a"), "/b/a");
  EXPECT_EQ(by_regex("^/old/", "/new/", "/other"), "/other");
}

TEST(PathRewrite, APrefixIsWholeSegments) {
  EXPECT_EQ(by_prefix("/api", "", "/api/1"), "/1");
  EXPECT_EQ(by_prefix("/api", "", "/api"), "/");
  EXPECT_EQ(by_prefix("/api", "", "/api/"), "/");
  EXPECT_EQ(by_prefix("/api", "", "/apis"), "/apis");
  EXPECT_EQ(by_prefix("/api", "/v1", "/api/1"), "/v1/1");
  EXPECT_EQ(by_prefix("", "/v1", "/a"), "/v1/a");
}

TEST(PathRewrite, ATemplateKeepsThePathAndEscapesAllElse) {
  EXPECT_EQ(by_template("/v2{path}", "/a%20b/c"), "/v2/a%20b/c");
  EXPECT_EQ(by_template("/t/{header:x}", "/", "a b?c#d%e\r\n"), "/t/a%20b%3Fc%23d%25e%0D%0A");
  EXPECT_EQ(by_template("/t/{header:x}/f", "/", "a/b"), "/t/a%2Fb/f");
}

TEST(PathRewrite, NothingThatIsFilledInLeadsToAnotherFolder) {
  EXPECT_TRUE(by_template("/t/{header:x}/f", "/", "..").starts_with("error:"));
  EXPECT_TRUE(by_template("/t/{header:x}/f", "/", ".").starts_with("error:"));
  EXPECT_TRUE(by_regex("^/x/a(.*)b$", "/secret/\\1", "/x/a..b").starts_with("error:"));
  EXPECT_TRUE(by_regex("^/x", "", "/x").starts_with("error:"));
}

TEST(PathRewrite, AResultThatMayBeNoPathIsDoubted) {
  const auto doubted = [](std::string_view expression, std::string_view replacement) {
    return PathRewrite::by_regex(expression, replacement)->doubt().has_value();
  };
  EXPECT_TRUE(doubted("^/w8/([^/]*)", "\\1"));
  EXPECT_TRUE(doubted("^/api(.*)", "\\1"));
  EXPECT_TRUE(doubted("^/api(/.*)?$", "\\1"));
  EXPECT_TRUE(doubted("^/api", ""));
  EXPECT_TRUE(doubted("/old", "new"));
  EXPECT_TRUE(doubted("^/([a-z(]+)/(x*)", "\\2"));
  for (const auto& [expression, replacement] :
       std::vector<std::pair<std::string_view, std::string_view>>{
           {"^/api(/.*)", "\\1"},
           {"^/(?:a|b)(?P<rest>/.*)$", "\\1"},
           {"^/(a[)(])(/x)", "\\2"},
           {"^/old/(.*)", "/new/\\1"},
           {"old", "new"},
           {"^/x", "\\0y"}})
    EXPECT_FALSE(doubted(expression, replacement)) << expression;
}

TEST(PathRewrite, DotSegmentsAreKnownInEverySpelling) {
  for (const char* path : {"/..", "/a/../b", "/a/.", "/%2e%2E/a", "/.%2e", "/a/%2e/"})
    EXPECT_TRUE(has_dot_segment(path)) << path;
  for (const char* path : {"/", "/a..b", "/...", "/.well-known", "/a.", "/%2e%2e%2e"})
    EXPECT_FALSE(has_dot_segment(path)) << path;
}

TEST(PathRewrite, RefusesWhatCouldNeverBeAPath) {
  EXPECT_FALSE(PathRewrite::by_template("new"));
  EXPECT_FALSE(PathRewrite::by_template("/a?b=1"));
  EXPECT_FALSE(PathRewrite::by_template("/a#b"));
  EXPECT_FALSE(PathRewrite::by_template("/a b"));
  EXPECT_FALSE(PathRewrite::by_template("/a\\b"));
  EXPECT_FALSE(PathRewrite::by_template("/a%zz"));
  EXPECT_FALSE(PathRewrite::by_template("/a/../b"));
  EXPECT_FALSE(PathRewrite::by_template("/v2{uri}"));
  EXPECT_FALSE(PathRewrite::by_template("/{query}"));
  EXPECT_FALSE(PathRewrite::by_template("/{backend}"));
  EXPECT_FALSE(PathRewrite::by_template("/{nothing}"));
  EXPECT_FALSE(PathRewrite::by_regex("(", "/a"));
  EXPECT_FALSE(PathRewrite::by_regex("/a", "/\\1"));
  EXPECT_FALSE(PathRewrite::by_regex("/a", "/b?c"));
  EXPECT_FALSE(PathRewrite::by_prefix("api", ""));
  EXPECT_FALSE(PathRewrite::by_prefix("/api/", ""));
}

}  // namespace
}  // namespace fairlead::core
