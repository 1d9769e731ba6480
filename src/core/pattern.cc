#include "core/pattern.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "core/config/words.h"

namespace fairlead::core {
namespace {

// Each piece between stars is found at its leftmost place: no later place could do better.
bool glob_matches(std::string_view glob, std::string_view text) {
  const size_t first = glob.find('*');
  if (first == glob.npos) return glob == text;
  if (!text.starts_with(glob.substr(0, first))) return false;
  text.remove_prefix(first);
  glob.remove_prefix(first + 1);
  for (size_t star = glob.find('*'); star != glob.npos; star = glob.find('*')) {
    const size_t found = text.find(glob.substr(0, star));
    if (found == text.npos) return false;
    text.remove_prefix(found + star);
    glob.remove_prefix(star + 1);
  }
  return text.ends_with(glob);
}

// The text is `head`, or goes on behind it with a '/'.
bool within(std::string_view text, std::string_view head) {
  return text.starts_with(head) && (text.size() == head.size() || text[head.size()] == '/');
}

std::expected<std::shared_ptr<const re2::RE2>, std::string> compile(std::string_view expression,
                                                                    Case sensitivity) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemory);
  options.set_case_sensitive(sensitivity == Case::exact);
  auto regex = std::make_shared<const re2::RE2>(
      re2::StringPiece(expression.data(), expression.size()), options);
  if (regex->ok() && regex->ProgramSize() > kMostSteps)
    return std::unexpected(
        fmt::format("this regular expression is too costly: it has {} steps, and at most {} are "
                    "allowed; write `*` or `+` where it counts",
                    regex->ProgramSize(), kMostSteps));
  if (regex->ok()) return regex;
  std::string reason = regex->error();
  if (!regex->error_arg().empty() && !reason.contains(regex->error_arg()))
    reason += ": " + regex->error_arg();
  return std::unexpected(fmt::format("this is not a regular expression: {}", reason));
}

// Expressions that are found in every text, as people write them.
bool finds_anything(std::string_view expression) {
  constexpr std::array<std::string_view, 6> kAll = {"", "^", "$", ".*", "^.*", ".*$"};
  return contains(kAll, expression);
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

// RFC 3986 2.3: letters whose escapes are decoded before routes are tried.
bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// What is wrong with the escape at `at` of a pattern for paths; empty: nothing.
std::string wrong_escape(std::string_view text, size_t at) {
  const std::string_view escape = text.substr(at, 3);
  if (escape.size() < 3 || !is_hex(escape[1]) || !is_hex(escape[2]))
    return "it would never match: `%` begins an escape of two hexadecimal digits";
  const auto byte = static_cast<char>(std::stoi(std::string(escape.substr(1)), nullptr, 16));
  if (is_unreserved(byte)) {
    return fmt::format("it would never match: `{}` is decoded before routes are tried: write `{}`",
                       escape, byte);
  }
  if (std::ranges::any_of(escape, [](char c) { return c >= 'a' && c <= 'f'; })) {
    return fmt::format(
        "it would never match: escapes get capital digits before routes are tried: write `%{:02X}`",
        static_cast<unsigned char>(byte));
  }
  return {};
}

// What no path holds as it is: it comes escaped, or in capitals.
std::string wrong_letter(std::string_view text) {
  for (size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (text[at] == '%') {
      if (auto wrong = wrong_escape(text, at); !wrong.empty()) return wrong;
    } else if (byte <= 0x20 || byte >= 0x7f) {
      return fmt::format("it would never match: a path holds this letter as `%{:02X}`", byte);
    }
  }
  return {};
}

// A normalised path never looks like that, so the pattern could never match.
std::string never_matches(std::string_view text) {
  if (!text.starts_with('/') && !text.starts_with('*')) {
    return fmt::format("a path begins with `/`: `/{}`", text.substr(0, 60));
  }
  if (text.contains('?')) return "a path ends before the `?`; `query` matches what follows it";
  if (text.contains('#')) return "a path holds no `#`: browsers keep it to themselves";
  if (text.contains("//"))
    return "it would never match: runs of `/` become one before routes are tried";
  for (std::string_view dots : {"/.", "/.."}) {
    const size_t found = text.find(dots);
    const size_t end = found == text.npos ? 0 : found + dots.size();
    if (end != 0 && (end == text.size() || text[end] == '/')) {
      return "it would never match: `.` and `..` are resolved before routes are tried";
    }
  }
  return wrong_letter(text);
}

}  // namespace

std::optional<std::string> cost_of(const re2::RE2& regex) {
  const int steps = regex.ProgramSize();
  if (steps <= kCostlySteps) return {};
  constexpr double kBytes = 60'000;
  constexpr double kSeconds = 4e-9;  // for one step and byte
  return fmt::format("this regular expression has {} steps: a text of 60 KB can cost {:.1f} s",
                     steps, steps * kBytes * kSeconds);
}

std::optional<std::string> Pattern::cost() const {
  return regex_ ? cost_of(*regex_) : std::nullopt;
}

std::expected<Pattern, std::string> Pattern::parse(std::string_view text, Case sensitivity) {
  if (text.empty())
    return std::unexpected("an empty pattern matches nothing; `*` matches whatever is there");
  if (text.size() > kLongestPattern) {
    return std::unexpected(fmt::format("a pattern has at most {} bytes; this one has {}",
                                       kLongestPattern, text.size()));
  }
  Pattern pattern;
  pattern.text_ = text;
  pattern.compared_ = sensitivity == Case::ignored ? lower_case(text) : std::string(text);
  if (text == "*") return pattern;
  pattern.kind_ = text.contains('*') ? Kind::glob : Kind::exact;
  if (!text.starts_with('~')) return pattern;
  auto regex = compile(text.substr(1), sensitivity);
  if (!regex) return std::unexpected(regex.error());
  pattern.kind_ = Kind::regex;
  pattern.regex_ = std::move(*regex);
  return pattern;
}

bool Pattern::takes_any_text() const {
  return kind_ == Kind::present ||
         (kind_ == Kind::regex && finds_anything(std::string_view(text_).substr(1)));
}

bool Pattern::matches(std::string_view text) const {
  switch (kind_) {
    case Kind::present: return true;
    case Kind::exact: return text == compared_;
    case Kind::glob: return glob_matches(compared_, text);
    case Kind::regex:
      return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex_);
  }
  return false;
}

std::expected<PathPattern, std::string> PathPattern::parse(std::string_view text) {
  auto pattern = Pattern::parse(text);
  if (!pattern) return std::unexpected(pattern.error());
  PathPattern path;
  path.text_ = text;
  path.pattern_ = std::move(*pattern);
  if (text.starts_with('~')) return path;
  if (std::string reason = never_matches(text); !reason.empty()) return std::unexpected(reason);
  path.by_segments_ = text.ends_with("/*");
  if (path.by_segments_) path.prefix_ = text.substr(0, text.size() - 2);
  return path;
}

bool PathPattern::matches(std::string_view path) const {
  if (!by_segments_) return pattern_.matches(path);
  if (!prefix_.contains('*')) return within(path, prefix_);
  return glob_matches(prefix_, path) || pattern_.matches(path);
}

bool PathPattern::matches_all() const {
  return by_segments_ ? prefix_.empty() : pattern_.takes_any_text();
}

}  // namespace fairlead::core
