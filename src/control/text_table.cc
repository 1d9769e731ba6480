#include "control/text_table.h"

#include <algorithm>

#include "base/check.h"

namespace fairlead::control {
namespace {

// Code points: every name in practice is as wide as it has letters.
size_t width_of(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

void append_clean(std::string_view text, std::string& out) {
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
}

void append_cell(const TextCell& cell, size_t width, TextTable::Side side, std::string& out) {
  const size_t blanks = width - width_of(cell.text);
  if (side == TextTable::Side::right) out.append(blanks, ' ');
  if (!cell.colour.empty()) out.append("\x1b[").append(cell.colour).append("m");
  append_clean(cell.text, out);
  if (!cell.colour.empty()) out += "\x1b[0m";
  if (side == TextTable::Side::left) out.append(blanks, ' ');
}

}  // namespace

void TextTable::add(std::vector<TextCell> row) {
  CHECK(row.size() == columns_.size());
  rows_.push_back(std::move(row));
}

std::vector<size_t> TextTable::widths() const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = width_of(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, width_of(row[i].text));
    widths.push_back(width);
  }
  return widths;
}

std::string TextTable::text() const {
  const std::vector<size_t> wide = widths();
  std::string out;
  const auto append_row = [&](auto&& cell_at) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out += "  ";
      append_cell(cell_at(i), wide[i], columns_[i].side, out);
    }
    while (out.ends_with(' ')) out.pop_back();
    out += '\n';
  };
  append_row([&](size_t i) { return TextCell{std::string(columns_[i].title), {}}; });
  for (const auto& row : rows_) append_row([&](size_t i) { return row[i]; });
  return out;
}

}  // namespace fairlead::control
