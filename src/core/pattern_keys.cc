#include "core/pattern_keys.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/check.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace fairlead::core {
namespace {

// Parts with more marks are left to the set: whoever has such patterns has few of them.
constexpr uint32_t kMostMarks = QuickKeys::kMost - 2;

// Of the set, its program and the states that it remembers. What is beyond it costs time: states
// are forgotten, or the expressions are tried one by one.
constexpr int64_t kMemoryPerExpression = 64 << 10;
constexpr int64_t kMostSetMemory = 64 << 20;

// A whole text, a part and an expression are different things, also where they are written alike.
enum Seed : uint64_t { kWhole = 1, kPart = 2, kExpression = 3 };

PatternKey key_of(std::string_view text, Seed seed) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed) | 1;  // never kAnyKey
}

// Any run of bytes, whatever RE2 takes for a character.
constexpr std::string_view kRun = "\\C*";

std::string expression_of(std::string_view glob) {
  std::string expression;
  for (size_t star = glob.find('*'); star != glob.npos; star = glob.find('*')) {
    expression += re2::RE2::QuoteMeta(re2::StringPiece(glob.data(), star));
    expression += kRun;
    glob.remove_prefix(star + 1);
  }
  return expression + re2::RE2::QuoteMeta(re2::StringPiece(glob.data(), glob.size()));
}

std::string anchored(const std::string& expression) { return "\\A(?:" + expression + ")\\z"; }

uint32_t count(std::string_view text, char mark) {
  return static_cast<uint32_t>(std::ranges::count(text, mark));
}

re2::RE2::Options options_of(PatternKeys::Of of, size_t expressions) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(std::min(
      kMostSetMemory, kRegexMemory + kMemoryPerExpression * static_cast<int64_t>(expressions)));
  options.set_case_sensitive(of == PatternKeys::Of::paths);
  return options;
}

}  // namespace

PatternKeys::PatternKeys(Of of) : of_(of) {}

PatternKey PatternKeys::add(const PathPattern& path, uint32_t route) {
  CHECK(of_ == Of::paths);
  if (path.matches_all()) return kAnyKey;
  if (path.by_segments()) {
    const std::string& prefix = path.prefix();
    const uint32_t marks = count(prefix, '/');
    if (!prefix.contains('*') && marks <= kMostMarks) return add_part(prefix, marks);
    return add_expression(anchored(expression_of(prefix) + "(?:/\\C*)?"), route);
  }
  const Pattern& pattern = path.pattern();
  switch (pattern.kind()) {
    case Pattern::Kind::present: break;
    case Pattern::Kind::exact: return add_whole(pattern.compared());
    case Pattern::Kind::glob:
      return add_expression(anchored(expression_of(pattern.compared())), route);
    case Pattern::Kind::regex: return add_expression(pattern.text().substr(1), route);
  }
  return kAnyKey;
}

PatternKey PatternKeys::add(const Pattern& host, uint32_t route) {
  CHECK(of_ == Of::hosts);
  const std::string& text = host.compared();
  switch (host.kind()) {
    case Pattern::Kind::present: break;
    case Pattern::Kind::exact: return add_whole(text);
    case Pattern::Kind::regex: return add_expression(host.text().substr(1), route);
    case Pattern::Kind::glob: {
      const uint32_t marks = count(text, '.');
      const bool is_end = text.starts_with("*.") && !text.substr(1).contains('*');
      if (is_end && marks <= kMostMarks) return add_part(std::string_view(text).substr(1), marks);
      return add_expression(anchored(expression_of(text)), route);
    }
  }
  return kAnyKey;
}

PatternKey PatternKeys::add_whole(std::string_view text) {
  longest_whole_ = std::max(longest_whole_, text.size());
  const PatternKey key = key_of(text, kWhole);
  known_[key] = 1;
  return key;
}

PatternKey PatternKeys::add_part(std::string_view text, uint32_t marks) {
  longest_part_ = std::max(longest_part_, text.size());
  most_marks_ = std::max(most_marks_, marks);
  const PatternKey key = key_of(text, kPart);
  known_[key] = 1;
  return key;
}

PatternKey PatternKeys::add_expression(const std::string& expression, uint32_t route) {
  first_costly_ = std::min(first_costly_, route);
  expressions_.insert(expression);
  return key_of(expression, kExpression);
}

void PatternKeys::finish() {
  if (expressions_.empty()) return;
  set_ =
      std::make_unique<re2::RE2::Set>(options_of(of_, expressions_.size()), re2::RE2::UNANCHORED);
  bool good = true;
  for (const std::string& expression : expressions_) {
    good = set_->Add(expression, nullptr) >= 0 && good;
    expression_keys_.push_back(key_of(expression, kExpression));
  }
  if (!good || !set_->Compile()) set_.reset();
  expressions_ = {};
}

void PatternKeys::add_if_known(PatternKey key, QuickKeys& keys) const {
  if (known_.find(key) != nullptr) keys.add(key);
}

QuickKeys PatternKeys::quick(std::string_view text) const {
  QuickKeys keys;
  keys.add(kAnyKey);
  if (text.size() <= longest_whole_) add_if_known(key_of(text, kWhole), keys);
  if (most_marks_ > 0) of_ == Of::paths ? add_beginnings(text, keys) : add_ends(text, keys);
  return keys;
}

// "/a", "/a/b" of "/a/b/c", as far as any pattern goes.
void PatternKeys::add_beginnings(std::string_view text, QuickKeys& keys) const {
  size_t end = 0;
  for (uint32_t mark = 0; mark < most_marks_ && end < text.size(); ++mark) {
    end = std::min(text.find('/', end + 1), text.size());
    if (end > longest_part_) return;
    add_if_known(key_of(text.substr(0, end), kPart), keys);
  }
}

// ".example", ".shop.example" of "www.shop.example", as far as any pattern goes.
void PatternKeys::add_ends(std::string_view text, QuickKeys& keys) const {
  size_t begin = text.size();
  for (uint32_t mark = 0; mark < most_marks_ && begin > 0; ++mark) {
    begin = text.rfind('.', begin - 1);
    if (begin == text.npos || text.size() - begin > longest_part_) return;
    add_if_known(key_of(text.substr(begin), kPart), keys);
  }
}

std::vector<PatternKey> PatternKeys::costly(std::string_view text) const {
  std::vector<int> found;
  re2::RE2::Set::ErrorInfo error{re2::RE2::Set::kNoError};
  if (!set_) return expression_keys_;
  if (!set_->Match(re2::StringPiece(text.data(), text.size()), &found, &error) &&
      error.kind != re2::RE2::Set::kNoError)
    return expression_keys_;
  std::vector<PatternKey> keys;
  for (const int place : found) keys.push_back(expression_keys_[static_cast<size_t>(place)]);
  return keys;
}

}  // namespace fairlead::core
