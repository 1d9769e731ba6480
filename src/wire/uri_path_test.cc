#include "wire/uri_path.h"

#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"

namespace fairlead::wire {
namespace {

struct Outcome {
  PathFault fault;
  std::string path;
  bool operator==(const Outcome&) const = default;
};

Outcome normalise(const std::string& path, EncodedSlash slash = EncodedSlash::refuse) {
  // Exactly sized, for AddressSanitizer.
  const std::unique_ptr<char[]> input(new char[path.size()]);
  const std::unique_ptr<char[]> storage(new char[path.size()]);
  path.copy(input.get(), path.size());
  const NormalPath normal =
      normalise_path({input.get(), path.size()}, {storage.get(), path.size()}, slash);
  return {normal.fault, std::string(normal.path)};
}

// The rows of docs/paths.md: the texts between backquotes in the first two cells.
struct Row {
  std::string input;
  std::optional<std::string> path;  // nothing for 400
  EncodedSlash slash;
};

std::vector<Row> rows_of_document() {
  const std::string here = __FILE__;
  std::ifstream file(here.substr(0, here.rfind("/src/")) + "/docs/paths.md");
  std::vector<Row> rows;
  EncodedSlash slash = EncodedSlash::refuse;
  for (std::string line; std::getline(file, line);) {
    if (line.find("with encoded slashes") != std::string::npos) slash = EncodedSlash::keep;
    if (!line.starts_with("| `")) continue;
    const size_t end = line.find("` | ");
    const std::string rest = line.substr(end + 4);
    Row row{.input = line.substr(3, end - 3), .path = std::nullopt, .slash = slash};
    if (rest.starts_with("`")) row.path = rest.substr(1, rest.find("` |") - 1);
    rows.push_back(row);
  }
  return rows;
}

TEST(NormalisePath, EveryExampleOfTheDocumentIsTrue) {
  const std::vector<Row> rows = rows_of_document();
  ASSERT_GE(rows.size(), 70u);
  for (const Row& row : rows) {
    const Outcome outcome = normalise(row.input, row.slash);
    EXPECT_EQ(outcome.fault == PathFault::none, row.path.has_value()) << row.input;
    EXPECT_EQ(outcome.path, row.path.value_or("")) << row.input;
  }
}

TEST(NormalisePath, EachFaultHasItsName) {
  const std::pair<const char*, PathFault> rows[] = {
      {"/%", PathFault::bad_escape},       {"/%g0", PathFault::bad_escape},
      {"/%0g", PathFault::bad_escape},     {"/%00", PathFault::encoded_nul},
      {"/%2f", PathFault::encoded_slash},  {"/%5C", PathFault::encoded_slash},
      {"/\\", PathFault::backslash},       {"/ ", PathFault::bad_character},
      {"/#", PathFault::bad_character},    {"/?", PathFault::bad_character},
      {"/\x7f", PathFault::bad_character}, {"/\x80", PathFault::bad_character},
      {"/\r\n", PathFault::bad_character}, {"/..", PathFault::above_root},
      {"/..;/a", PathFault::hidden_dots},
  };
  for (const auto& [path, fault] : rows) {
    EXPECT_EQ(normalise(path).fault, fault) << path;
    EXPECT_STRNE(explain(fault), explain(PathFault::none));
  }
}

TEST(NormalisePath, ANormalPathIsNotCopied) {
  char storage[100];
  for (const std::string_view path :
       {"/", "/a/b", "/.well-known/x", "/a%20b", "/0123456789/0123456789/0123456789/x/"}) {
    EXPECT_EQ(normalise_path(path, storage, EncodedSlash::refuse).path.data(), path.data());
  }
}

TEST(NormalisePath, OneOddByteIsSeenAtAnyPlaceOfAnyLength) {
  for (size_t size = 2; size < 70; ++size) {
    for (size_t at = 1; at < size; ++at) {
      for (const char odd : {'\\', ' ', '#', '?', '%', '\x7f', '\xff', '\0'}) {
        std::string path = "/" + std::string(size - 1, 'z');
        path[at] = odd;
        ASSERT_NE(normalise(path).fault, PathFault::none) << size << " " << at;
      }
      std::string run = "/" + std::string(size, 'a');
      run[at] = '/';
      run[at + 1] = '/';
      ASSERT_LT(normalise(run).path.size(), run.size()) << run;
    }
  }
}

// The twin: the rules of docs/paths.md one after the other, on lists of segments.
PathFault decode_slowly(const std::string& path, EncodedSlash slash, std::string& out) {
  for (size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '\\') return PathFault::backslash;
    if (c <= 0x20 || c == 0x7f || c == '#' || c == '?') return PathFault::bad_character;
    if (c != '%') {
      out += c;
      continue;
    }
    const std::string digits = path.substr(i + 1, 2);
    if (digits.size() < 2 || !isxdigit(static_cast<unsigned char>(digits[0])) ||
        !isxdigit(static_cast<unsigned char>(digits[1]))) {
      return PathFault::bad_escape;
    }
    const int value = std::stoi(digits, nullptr, 16);
    if (value == 0) return PathFault::encoded_nul;
    if ((value == '/' || value == '\\') && slash == EncodedSlash::refuse)
      return PathFault::encoded_slash;
    if (value < 0x80 && (isalnum(value) ||
                         std::string("-._~").find(static_cast<char>(value)) != std::string::npos)) {
      out += static_cast<char>(value);
    } else {
      out += '%';
      for (const char digit : digits)
        out += static_cast<char>(toupper(static_cast<unsigned char>(digit)));
    }
    i += 2;
  }
  return PathFault::none;
}

std::vector<std::string> split_at(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t at; (at = text.find(separator, begin)) != std::string::npos;) {
    parts.push_back(text.substr(begin, at - begin));
    begin = at + separator.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

bool hides_dots(const std::string& segment) {
  for (const std::string& by_slash : split_at(segment, "%2F")) {
    for (const std::string& part : split_at(by_slash, "%5C")) {
      const std::string name = part.substr(0, part.find(';'));
      if (name == "." || name == "..") return true;
    }
  }
  return false;
}

bool is_normal(const Outcome& outcome) { return outcome.fault == PathFault::none; }

Outcome normalise_slowly(const std::string& path, EncodedSlash slash) {
  std::string decoded;
  const PathFault fault = decode_slowly(path, slash, decoded);
  if (fault != PathFault::none) return {fault, ""};
  std::vector<std::string> kept;
  const std::vector<std::string> segments = split_at(decoded.substr(1), "/");
  for (const std::string& segment : segments) {
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      if (kept.empty()) return {PathFault::above_root, ""};
      kept.pop_back();
    } else if (hides_dots(segment)) {
      return {PathFault::hidden_dots, ""};
    } else {
      kept.push_back(segment);
    }
  }
  std::string out;
  for (const std::string& segment : kept) out += "/" + segment;
  const std::string& last = segments.back();
  if (last.empty() || last == "." || last == ".." || out.empty()) out += "/";
  return {PathFault::none, out};
}

TEST(NormalisePath, AgreesWithItsSlowTwinOnRandomPaths) {
  const std::string pieces[] = {"/",      "/",
                                "//",     ".",
                                "..",     "/.",
                                "/../",   "a",
                                "b",      "cd",
                                ";",      "%2e",
                                "%2E",    "%61",
                                "%2f",    "%5C",
                                "%20",    "%25",
                                "%",      "%0",
                                "\\",     "longer-segment-of-name",
                                "%C3%a9", "~",
                                "0"};
  Random random(3);
  int normal = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string path = "/";
    // Wrong pieces are kept rare, or no long path would be right.
    for (uint32_t i = random.below(14); i > 0; --i) {
      const uint32_t piece = random.below(random.below(4) == 0 ? std::size(pieces) : 14);
      path += pieces[piece];
    }
    const EncodedSlash slash = random.below(2) == 0 ? EncodedSlash::refuse : EncodedSlash::keep;
    const Outcome fast = normalise(path, slash);
    const Outcome slow = normalise_slowly(path, slash);
    // Of several faults the two may tell different ones.
    ASSERT_EQ(is_normal(fast), is_normal(slow)) << path;
    ASSERT_EQ(fast.path, slow.path) << path;
    if (!is_normal(fast)) continue;
    ++normal;
    ASSERT_EQ(normalise(fast.path, slash), fast) << "not the same when done again: " << path;
  }
  EXPECT_GT(normal, 10'000);
}

}  // namespace
}  // namespace fairlead::wire
