#include "core/config/yaml_traps.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "core/config/words.h"

namespace fairlead::core {
namespace {

re2::RE2::Options quiet() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return options;
}

struct Found {
  std::string text;
  int column;
  int length;
};

// The first group of the expression in the line. Columns are in characters.
std::optional<Found> find(const re2::RE2& expression, std::string_view line) {
  const re2::StringPiece input(line.data(), line.size());
  re2::StringPiece found;
  if (!re2::RE2::PartialMatch(input, expression, &found)) return {};
  const std::string_view word(found.data(), found.size());
  const auto before = line.substr(0, static_cast<size_t>(word.data() - line.data()));
  return Found{std::string(word), count_characters(before) + 1, count_characters(word)};
}

SyntaxError at(const Found& found, std::string message, std::string hint) {
  return {std::move(message), std::move(hint), found.column, found.length, true};
}

std::optional<SyntaxError> tab(std::string_view line) {
  static const re2::RE2 indent(R"(^( *\t[ \t]*))", quiet());
  auto found = find(indent, line);
  if (!found) return {};
  SyntaxError error =
      at(*found, "a tab cannot indent in YAML", "indent with spaces, two for each level");
  error.passable = false;
  return error;
}

std::optional<SyntaxError> bracketed_address(std::string_view line) {
  static const re2::RE2 address(R"((?:^|[\s,\[{])(\[[0-9a-fA-F:.]*\]:\d+))", quiet());
  auto found = find(address, line);
  if (!found) return {};
  return at(
      *found,
      fmt::format("without quotes, YAML reads the brackets of {} as a list", ticked(found->text)),
      fmt::format("write {}", in_quotes(found->text)));
}

std::optional<SyntaxError> braces(std::string_view line) {
  static const re2::RE2 template_text(R"((?:: |- |, |^\s*)(\{[a-z_]+(?::[^}\s]+)?\}[^\s,}\]]+))",
                                      quiet());
  auto found = find(template_text, line);
  if (!found) return {};
  return at(
      *found,
      fmt::format("without quotes, YAML reads the braces of {} as a mapping", ticked(found->text)),
      fmt::format("write {}", in_quotes(found->text)));
}

std::optional<SyntaxError> star(std::string_view message, std::string_view line) {
  if (!message.contains("alias")) return {};
  static const re2::RE2 alias(R"((?:^|[\s,\[{])(\*[^\s,\]}]*))", quiet());
  auto found = find(alias, line);
  if (!found) return {};
  return at(*found, fmt::format("without quotes, YAML reads {} as an alias", ticked(found->text)),
            fmt::format("write {}", in_quotes(found->text)));
}

std::optional<SyntaxError> missing_space(std::string_view line) {
  static const re2::RE2 glued(
      R"(^\s*(?:- )?([A-Za-z_]+:[^\s:/][^:]*|[A-Za-z_]+:"[^"]*"|[A-Za-z_]+::\d+)$)", quiet());
  auto found = find(glued, line);
  if (!found) return {};
  const size_t colon = found->text.find(':');
  return at(
      *found, "a space must follow the colon of a key",
      fmt::format("write `{}: {}`", found->text.substr(0, colon), found->text.substr(colon + 1)));
}

std::optional<SyntaxError> bad_start(std::string_view message, std::string_view line) {
  if (!message.contains("cannot start with")) return {};
  static const re2::RE2 value(R"((?:^|[\s,\[{])([@%`][^\s,\]}]*))", quiet());
  auto found = find(value, line);
  if (!found) return {};
  return at(*found,
            fmt::format("a value cannot begin with `{}` without quotes", found->text.front()),
            fmt::format("write {}", in_quotes(found->text)));
}

std::optional<SyntaxError> deeper(std::string_view message, int column, std::string_view line,
                                  std::string_view next) {
  if (!message.contains("multiline plain key")) return {};
  const auto indent = [](std::string_view text) {
    return std::min(text.find_first_not_of(' '), text.size());
  };
  if (indent(next) <= indent(line) || indent(next) == next.size()) return {};
  if (!line.contains(':')) {
    const std::string_view word = line.substr(indent(line));
    return SyntaxError{"a colon must follow a key", fmt::format("write `{}:`", word),
                       static_cast<int>(indent(line)) + 1, count_characters(word), false};
  }
  return SyntaxError{"this key has a value already, and the next line is indented below it",
                     "keys of one mapping begin in the same column", column, 1, false};
}

std::optional<SyntaxError> between_levels(std::string_view message, int column) {
  if (!message.contains("invalid indentation")) return {};
  return SyntaxError{"this line is indented like none of those that it could belong to",
                     "keys of one mapping begin in the same column", column, 1, false};
}

std::optional<SyntaxError> escape(std::string_view message, int column) {
  if (!message.contains("escape")) return {};
  return SyntaxError{"in double quotes a backslash begins an escape, and this one does not exist",
                     "write regular expressions in single quotes, or double the backslash", column,
                     1, false};
}

std::optional<SyntaxError> open_quote(std::string_view message, int column) {
  if (!message.contains("quoted scalar")) return {};
  return SyntaxError{"the quote that opens here is never closed", "", column, 1, false};
}

}  // namespace

std::string in_quotes(std::string_view text) {
  const char quote = text.contains('"') || text.contains('\\') ? '\'' : '"';
  return fmt::format("{0}{1}{0}", quote, text);
}

SyntaxError explain_syntax(std::string_view message, std::string_view line, int column,
                           std::string_view next_line) {
  if (auto found = tab(line)) return *found;
  if (auto found = open_quote(message, column)) return *found;
  if (auto found = escape(message, column)) return *found;
  if (auto found = star(message, line)) return *found;
  if (auto found = bad_start(message, line)) return *found;
  if (auto found = bracketed_address(line)) return *found;
  if (auto found = braces(line)) return *found;
  if (auto found = missing_space(line)) return *found;
  if (auto found = deeper(message, column, line, next_line)) return *found;
  if (auto found = between_levels(message, column)) return *found;
  return {fmt::format("this is not YAML: {}", message), "", column, 1, false};
}

}  // namespace fairlead::core
