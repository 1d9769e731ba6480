// Patterns: the one grammar for every text that a route matches.
//
//   exact      the same text
//   with*glob  each * stands for any run of characters, none included
//   ~regex     an RE2 expression, found anywhere unless it is anchored
//   *          the text is present, whatever it is
//
// A path has two more rules: `/api/*` matches whole segments (/api, /api/, /api/1, not /apis), and
// it is compared with the normalised path (docs/paths.md), the very bytes that are sent on.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace fairlead::core {

class Pattern {
 public:
  // What is wrong with a regular expression is said in words, with its position where RE2 gives it.
  static std::expected<Pattern, std::string> parse(std::string_view text);

  // REQUIRES: for hosts and other case-insensitive texts, both sides are in lower case already.
  // Cost: linear in the text, no allocation.
  bool matches(std::string_view text) const;
  const std::string& text() const { return text_; }   // as it was written

 private:
  enum class Kind : unsigned char { exact, glob, regex, present };
  Kind kind_ = Kind::present;
  std::string text_ = "*";
  std::shared_ptr<const re2::RE2> regex_;
};

class PathPattern {
 public:
  static std::expected<PathPattern, std::string> parse(std::string_view text);
  bool matches(std::string_view path) const;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string prefix_;      // of a segment prefix: "/api" of "/api/*"
  bool by_segments_ = false;
  Pattern pattern_;
};

}  // namespace fairlead::core
