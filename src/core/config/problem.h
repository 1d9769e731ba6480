// Problem: one thing that is wrong, or odd, in a configuration, as a person wants to be told it.
//
// Every phase of loading adds to one list, so that all problems are told at once. A problem carries
// the line that it speaks of: showing it needs no file any more.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/config/config.h"

namespace fairlead::core {

enum class Severity : uint8_t { error, warning };

struct Problem {
  Severity severity = Severity::error;
  Place place;
  int length = 1;                    // of the offending word, in characters; at least 1
  std::string message;               // one sentence, without a full stop
  std::string hint;                  // what to do about it; may be empty
  std::string line;                  // the source line; empty: there is none to show
  std::vector<Place> included_from;  // the including lines, innermost first
  std::optional<Place> other;        // of a duplicate: where it was said first
};

using Problems = std::vector<Problem>;

// True when the configuration cannot be used.
bool has_errors(const Problems& problems);

// Text for a terminal: each problem with its line, a caret and its hint, then a line that counts
// them. Nothing for no problems. At most `shown` are written out, the rest are counted.
std::string render(const Problems& problems, size_t shown = 100);

// "3 errors, 1 warning".
std::string count_line(const Problems& problems);

// "fairlead.yaml:12:9: there is no pool `a`": for a log line.
std::string sentence_of(const Problem& problem);

// "fairlead.yaml:12:9"; the file alone where there is no line.
std::string text_of(const Place& place);

}  // namespace fairlead::core
