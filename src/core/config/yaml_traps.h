// YAML's traps: what a syntax error most probably means, in a sentence of its own.
#pragma once

#include <string>
#include <string_view>

namespace fairlead::core {

struct SyntaxError {
  std::string message;
  std::string hint;
  int column = 1;  // from 1, in characters
  int length = 1;
  bool passable = false;  // the line can be left out and the rest still be read
};

// Explains what the parser said about a line. `column` counts from 1; `next_line` is the one below.
SyntaxError explain_syntax(std::string_view parser_message, std::string_view line, int column,
                           std::string_view next_line);

// "write "*.example.com" in quotes" and the like: the text as a YAML scalar that is safe.
std::string in_quotes(std::string_view text);

}  // namespace fairlead::core
