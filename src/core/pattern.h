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
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace fairlead::core {

// Of one regular expression, with its caches. RE2's own default is 8 MiB.
inline constexpr long kRegexMemory = 1024 * 1024;
// In bytes; longer ones are refused.
inline constexpr unsigned kLongestPattern = 4096;

// Steps of a compiled expression. Each byte of a text may cost all of them, 4 ns for one: a field
// of 60 KB and 1200 steps take 0.3 s of a worker. What people write by hand has 10 to 100; what
// counts is written out, so that `.{300}` has 2400. More than the first is warned of; more than the
// second is refused. (Measured with RE2's cache of states full, which such expressions see to.)
inline constexpr int kCostlySteps = 1200;
inline constexpr int kMostSteps = 10'000;
// What is said of a regular expression that is costly; nothing of another.
std::optional<std::string> cost_of(const re2::RE2& regex);
inline constexpr std::string_view kCheaper =
    "write `*` or `+` where it counts, as `.*` for `.{0,1000}`: a counted part is written out as "
    "many times";

// Whether upper and lower case are one. Where they are, texts must come in lower case to matches().
enum class Case : unsigned char { exact, ignored };

class Pattern {
 public:
  enum class Kind : unsigned char { exact, glob, regex, present };

  // What is wrong with a regular expression is said in words, with its position where RE2 gives it.
  static std::expected<Pattern, std::string> parse(std::string_view text,
                                                   Case sensitivity = Case::exact);

  // REQUIRES: for hosts and other case-insensitive texts, the text is in lower case already.
  // Cost: linear in the text, no allocation but RE2's cache of states (kRegexMemory at most).
  bool matches(std::string_view text) const;
  const std::string& text() const { return text_; }  // as it was written
  // True for `*`.
  bool matches_all() const { return kind_ == Kind::present; }
  // True for `*` and for expressions that are found in every text, as `~.*`.
  bool takes_any_text() const;
  Kind kind() const { return kind_; }
  // What texts are compared with: text(), in lower case where case is ignored.
  const std::string& compared() const { return compared_; }
  // As cost_of(); nothing where it is no regular expression.
  std::optional<std::string> cost() const;
  // Of the same text and case.
  bool operator==(const Pattern& other) const {
    return text_ == other.text_ && compared_ == other.compared_;
  }

 private:
  Kind kind_ = Kind::present;
  std::string text_ = "*";
  std::string compared_;  // text_, in lower case where case is ignored
  std::shared_ptr<const re2::RE2> regex_;
};

class PathPattern {
 public:
  static std::expected<PathPattern, std::string> parse(std::string_view text);
  bool matches(std::string_view path) const;
  const std::string& text() const { return text_; }
  // True for `*`, `/*` and `~`.
  bool matches_all() const;

  // What it is made of. Whether it goes by whole segments, and then what stands before its `/*`:
  // "/api" of "/api/*", with globs in it where there are any.
  bool by_segments() const { return by_segments_; }
  const std::string& prefix() const { return prefix_; }
  // Where it is not by segments: all of it; else what may follow a glob prefix.
  const Pattern& pattern() const { return pattern_; }
  std::optional<std::string> cost() const { return pattern_.cost(); }

 private:
  std::string text_ = "*";
  std::string prefix_;
  bool by_segments_ = false;
  Pattern pattern_;
};

}  // namespace fairlead::core
