#include "core/config/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/config/words.h"

namespace fairlead::core {
namespace {

// Wider than any terminal: a minified file must not fill the screen.
constexpr size_t kWidestLine = 160;

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

// The byte where the character with this index begins, or the end.
size_t byte_of_character(std::string_view line, size_t character) {
  size_t at = 0;
  for (; at < line.size(); ++at) {
    if (is_continuation(line[at])) continue;
    if (character-- == 0) break;
  }
  return at;
}

// What a terminal would act on becomes '?'; tabs stay, the caret line repeats them.
std::string printable(std::string_view line) {
  std::string shown(line);
  std::ranges::replace_if(
      shown,
      [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }, '?');
  return shown;
}

struct Excerpt {
  std::string text;
  std::string caret_indent;
  size_t caret_length;
};

// The part of the line that shows the word, with what stands under it.
Excerpt excerpt(const Problem& problem) {
  std::string_view line = problem.line;
  const size_t start =
      byte_of_character(line, static_cast<size_t>(std::max(problem.place.column, 1) - 1));
  size_t cut = 0;
  if (line.size() > kWidestLine && start > kWidestLine / 2) cut = start - kWidestLine / 2;
  while (cut < start && is_continuation(line[cut])) ++cut;
  const std::string_view before = line.substr(cut, start - cut);
  size_t last = std::min(line.size(), cut + kWidestLine);
  while (last < line.size() && is_continuation(line[last])) ++last;
  line = line.substr(cut, last - cut);
  std::string indent;
  for (char c : before) {
    if (!is_continuation(c)) indent += c == '\t' ? '\t' : ' ';
  }
  const auto characters = static_cast<size_t>(count_characters(line.substr(before.size())));
  const size_t length = std::clamp<size_t>(static_cast<size_t>(std::max(problem.length, 1)), 1,
                                           std::max<size_t>(characters, 1));
  return {printable(line), indent, length};
}

void append(std::string& out, const Problem& problem) {
  if (!problem.place.file.empty())
    fmt::format_to(std::back_inserter(out), "{}: ", text_of(problem.place));
  fmt::format_to(std::back_inserter(out), "{}: {}\n",
                 problem.severity == Severity::error ? "error" : "warning", problem.message);
  const std::string number =
      problem.place.line > 0 ? fmt::format("{:>4}", problem.place.line) : "    ";
  const std::string blank(number.size(), ' ');
  if (!problem.line.empty() && problem.place.line > 0) {
    const Excerpt shown = excerpt(problem);
    fmt::format_to(std::back_inserter(out), "{} | {}\n", number, shown.text);
    fmt::format_to(std::back_inserter(out), "{} | {}{}\n", blank, shown.caret_indent,
                   std::string(shown.caret_length, '^'));
  }
  if (problem.other)
    fmt::format_to(std::back_inserter(out), "{} first said at {}\n", blank,
                   text_of(*problem.other));
  for (const Place& from : problem.included_from) {
    fmt::format_to(std::back_inserter(out), "{} included from {}\n", blank, text_of(from));
  }
  if (!problem.hint.empty())
    fmt::format_to(std::back_inserter(out), "{} hint: {}\n", blank, problem.hint);
}

std::string counted(size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace

bool has_errors(const Problems& problems) {
  return std::ranges::any_of(problems,
                             [](const Problem& p) { return p.severity == Severity::error; });
}

std::string text_of(const Place& place) {
  if (place.line == 0) return place.file;
  return fmt::format("{}:{}:{}", place.file, place.line, place.column);
}

std::string sentence_of(const Problem& problem) {
  if (problem.place.file.empty()) return problem.message;
  return text_of(problem.place) + ": " + problem.message;
}

std::string count_line(const Problems& problems) {
  const auto errors = static_cast<size_t>(std::ranges::count_if(
      problems, [](const Problem& p) { return p.severity == Severity::error; }));
  const size_t warnings = problems.size() - errors;
  if (warnings == 0) return counted(errors, "error");
  if (errors == 0) return counted(warnings, "warning");
  return counted(errors, "error") + ", " + counted(warnings, "warning");
}

std::string render(const Problems& problems, size_t shown) {
  if (problems.empty()) return {};
  std::string out;
  for (size_t i = 0; i < std::min(shown, problems.size()); ++i) append(out, problems[i]);
  if (problems.size() > shown) out += fmt::format("... and {} more\n", problems.size() - shown);
  return out + count_line(problems) + "\n";
}

}  // namespace fairlead::core
