#include "core/path_rewrite.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/config/words.h"
#include "core/pattern.h"

namespace fairlead::core {
namespace {

// The longest path that is worth a backend's time; a request line holds no longer one by default.
constexpr size_t kLongest = 64 * 1024;

std::unexpected<PathRewrite::Fault> fault(std::string message, std::string hint = {}) {
  return std::unexpected(PathRewrite::Fault{std::move(message), std::move(hint)});
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

bool is_dot(std::string_view& rest) {
  const bool escaped = rest.starts_with("%2e") || rest.starts_with("%2E");
  if (!escaped && !rest.starts_with('.')) return false;
  rest.remove_prefix(escaped ? 3 : 1);
  return true;
}

bool is_dots(std::string_view segment) {
  if (!is_dot(segment)) return false;
  return segment.empty() || (is_dot(segment) && segment.empty());
}

// Of a regular expression's replacement, what stands for the groups is no text.
std::string without_groups(std::string_view replacement) {
  std::string out;
  for (size_t at = 0; at < replacement.size(); ++at) {
    const bool group = replacement[at] == '\\' && at + 1 < replacement.size() &&
                       replacement[at + 1] >= '0' && replacement[at + 1] <= '9';
    if (group)
      ++at;
    else
      out += replacement[at];
  }
  return out;
}

std::shared_ptr<const re2::RE2> compile(std::string_view expression) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemory);
  return std::make_shared<const re2::RE2>(re2::StringPiece(expression.data(), expression.size()),
                                          options);
}

// Of what two sets of texts have in common.
enum class Common : unsigned char { none, some, all };

// What the texts that begin as the expression asks have in common with those that begin with '/'.
Common begins_with_slash(std::string_view expression) {
  const auto regex = compile(fmt::format("^(?:{})", expression));
  std::string least;
  std::string most;
  if (!regex->ok() || !regex->PossibleMatchRange(&least, &most, 8)) return Common::some;
  if (least > "/\xff" || most < "/") return Common::none;
  return least.starts_with('/') && most.starts_with('/') ? Common::all : Common::some;
}

// What stands in the parentheses of a group; nothing where it is not found, or may be left out.
std::optional<std::string_view> group_of(std::string_view expression, int wanted) {
  std::vector<std::pair<size_t, bool>> open;  // where it begins, and whether it is the one
  int number = 0;
  bool in_class = false;
  for (size_t at = 0; at < expression.size(); ++at) {
    const char c = expression[at];
    if (c == '\\') {
      ++at;
    } else if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      // A bracket that stands first is a letter of the class.
      const std::string_view rest = expression.substr(at + 1);
      at += rest.starts_with("^]") ? 2 : rest.starts_with(']') ? 1 : 0;
    } else if (c == '(') {
      const std::string_view rest = expression.substr(at + 1);
      const bool named = rest.starts_with("?P<") || rest.starts_with("?<");
      const bool counts = named || !rest.starts_with('?');
      const size_t begin = at + 1 + (named ? std::min(rest.find('>'), rest.size() - 1) + 1 : 0);
      open.emplace_back(begin, counts && ++number == wanted);
    } else if (c == ')' && !open.empty()) {
      const auto [begin, is_wanted] = open.back();
      const std::string_view behind = expression.substr(at + 1);
      const bool may_lack = !behind.empty() && std::string_view("?*{|").contains(behind.front());
      if (is_wanted && may_lack) return {};
      if (is_wanted) return expression.substr(begin, at - begin);
      open.pop_back();
    }
  }
  return {};
}

// What the results have in common with paths, where the expression is found at the begin of one.
Common results(std::string_view expression, std::string_view replacement) {
  if (replacement.starts_with('/') || replacement.starts_with("\\0")) return Common::all;
  if (replacement.empty()) return Common::some;
  if (!replacement.starts_with('\\')) return Common::none;
  const auto group =
      replacement.size() > 1 ? group_of(expression, replacement[1] - '0') : std::nullopt;
  return group ? begins_with_slash(*group) : Common::some;
}

std::string_view stripped(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return path;
  const std::string_view rest = path.substr(prefix.size());
  return rest.empty() || rest.starts_with('/') ? rest : path;
}

}  // namespace

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    if (is_dots(path.substr(0, end))) return true;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

std::expected<void, PathRewrite::Fault> PathRewrite::check_text(std::string_view text) {
  if (text.size() > kLongestPattern)
    return fault(
        fmt::format("it has {} bytes, and at most {} are allowed", text.size(), kLongestPattern));
  if (has_dot_segment(text))
    return fault(fmt::format("{} holds `.` or `..` as a folder", ticked(text)),
                 "write the path that they lead to");
  for (size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (text[at] == '?')
      return fault(
          fmt::format("{} holds a `?`: the query of the request is kept as it is", ticked(text)),
          "leave the query out");
    if (text[at] == '#')
      return fault(fmt::format("{} holds a `#`, and no path does", ticked(text)));
    if (byte <= 0x20 || byte >= 0x7f || text[at] == '\\')
      return fault(fmt::format("{} holds a letter that no path does", ticked(text)),
                   fmt::format("write it as `%{:02X}`", byte));
    if (text[at] != '%') continue;
    if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2]))
      return fault(fmt::format("{}: `%` begins an escape of two hexadecimal digits", ticked(text)),
                   "write `%25` for a percent sign");
  }
  return {};
}

std::expected<PathRewrite, PathRewrite::Fault> PathRewrite::by_template(std::string_view text) {
  PathRewrite rewrite;
  rewrite.kind_ = Kind::by_template;
  rewrite.first_ = text;
  static constexpr Fact kUnknown[] = {Fact::uri, Fact::query, Fact::backend};
  auto parsed = Template::parse(text, kUnknown);
  if (!parsed) return std::unexpected(parsed.error());
  rewrite.template_ = std::move(*parsed);
  for (const Fact fact : {Fact::uri, Fact::query}) {
    if (rewrite.template_.asks_for(fact))
      return fault("a path holds no query: it is kept as it is", "write `{path}`");
  }
  if (rewrite.template_.asks_for(Fact::backend))
    return fault("`{backend}`: none is chosen when the path is rewritten", "leave it out");
  if (!text.starts_with('/') && !text.starts_with("{path}"))
    return fault(fmt::format("{} is no path", ticked(text)),
                 fmt::format("did you mean `/{}`?", text));
  if (auto good = check_text(text); !good) return std::unexpected(good.error());
  return rewrite;
}

std::expected<PathRewrite, PathRewrite::Fault> PathRewrite::by_regex(std::string_view expression,
                                                                     std::string_view replacement) {
  PathRewrite rewrite;
  rewrite.kind_ = Kind::by_regex;
  rewrite.first_ = expression;
  rewrite.second_ = replacement;
  if (expression.empty() || expression.size() > kLongestPattern)
    return fault(fmt::format("a regular expression has 1 to {} bytes", kLongestPattern));
  rewrite.regex_ = compile(expression);
  if (!rewrite.regex_->ok())
    return fault(fmt::format("{} is not a regular expression: {}", ticked(expression),
                             rewrite.regex_->error()));
  if (rewrite.regex_->ProgramSize() > kMostSteps)
    return fault(fmt::format("this regular expression is too costly: it has {} steps, and at most "
                             "{} are allowed",
                             rewrite.regex_->ProgramSize(), kMostSteps),
                 std::string(kCheaper));
  std::string reason;
  if (!rewrite.regex_->CheckRewriteString(re2::StringPiece(replacement.data(), replacement.size()),
                                          &reason))
    return fault(fmt::format("{} does not fit the expression: {}", ticked(replacement), reason),
                 fmt::format("it has {} groups; `\\1` is what the first one found, `\\0` all",
                             rewrite.regex_->NumberOfCapturingGroups()));
  if (auto good = check_text(without_groups(replacement)); !good)
    return std::unexpected(good.error());
  if (const auto filled = Template::parse(replacement); !filled || !filled->is_constant())
    return fault(
        fmt::format("in {} nothing is filled in but groups, such as `\\1`", ticked(replacement)),
        "a path alone is a template: `path: \"/v2{path}\"`");
  if (expression.starts_with('^') && results(expression, replacement) == Common::none)
    return fault(
        fmt::format("the result does not begin with `/`: {} is no path", ticked(replacement)),
        fmt::format("did you mean `/{}`?", replacement));
  return rewrite;
}

std::optional<PathRewrite::Fault> PathRewrite::doubt() const {
  if (kind_ != Kind::by_regex) return {};
  if (auto cost = cost_of(*regex_)) return Fault{std::move(*cost), std::string(kCheaper)};
  if (begins_with_slash(first_) == Common::none) return {};
  if (results(first_, second_) == Common::all) return {};
  return Fault{"the result may not begin with `/`, and such a request is answered with 500",
               second_.empty() ? "a prefix is taken off by `{ strip_prefix: /api }`"
                               : fmt::format("begin it so: `/{}`", second_)};
}

std::expected<PathRewrite, PathRewrite::Fault> PathRewrite::by_prefix(std::string_view strip,
                                                                      std::string_view add) {
  PathRewrite rewrite;
  rewrite.kind_ = Kind::by_prefix;
  rewrite.first_ = strip;
  rewrite.second_ = add;
  for (const std::string_view prefix : {strip, add}) {
    if (prefix.empty()) continue;
    if (!prefix.starts_with('/'))
      return fault(fmt::format("{} is no path", ticked(prefix)),
                   fmt::format("did you mean `/{}`?", prefix));
    if (prefix.ends_with('/'))
      return fault(fmt::format("{} ends with a `/`: a prefix is whole segments", ticked(prefix)),
                   "leave the `/` at its end out");
    if (auto good = check_text(prefix); !good) return std::unexpected(good.error());
  }
  return rewrite;
}

std::expected<std::string, std::string> PathRewrite::apply(std::string_view path,
                                                           const TemplateFacts& facts) const {
  std::string out;
  switch (kind_) {
    case Kind::none: out = path; break;
    case Kind::by_template: out = template_.expand(facts, Escape::path); break;
    case Kind::by_regex:
      out = path;
      re2::RE2::Replace(&out, *regex_, re2::StringPiece(second_.data(), second_.size()));
      break;
    case Kind::by_prefix: out = second_ + std::string(stripped(path, first_)); break;
  }
  if (out.empty() && kind_ == Kind::by_prefix) out = "/";
  if (!out.starts_with('/')) return std::unexpected("the rewritten path does not begin with /");
  if (out.size() > kLongest) return std::unexpected("the rewritten path is too long");
  // What is filled in must not lead to another folder than the one that is written.
  if (has_dot_segment(out)) return std::unexpected("the rewritten path holds a . or .. folder");
  return out;
}

}  // namespace fairlead::core
