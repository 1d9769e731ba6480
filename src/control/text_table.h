// TextTable: rows of cells as aligned columns for a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::control {

struct TextCell {
  std::string text{};
  // Of ANSI SGR, "32" for green; empty: none. Not counted in the width.
  std::string_view colour{};
};

class TextTable {
 public:
  enum class Side : uint8_t { left, right };
  struct Column {
    std::string_view title;
    Side side = Side::left;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // REQUIRES: a cell for each column.
  void add(std::vector<TextCell> row);
  // Titles and rows, two blanks between columns, none at the end of a line. Control characters are
  // shown as '?', so that no name can steer the terminal.
  std::string text() const;

 private:
  std::vector<size_t> widths() const;

  std::vector<Column> columns_;
  std::vector<std::vector<TextCell>> rows_;
};

}  // namespace fairlead::control
