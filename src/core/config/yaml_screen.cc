#include "core/config/yaml_screen.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/words.h"

namespace fairlead::core {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
// Every way in which some YAML version ends a line (YAML 1.1 5.4).
constexpr std::string_view kLineEnds[] = {"\n", "\r", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};

class Screen {
 public:
  Screen(Notebook& notebook, uint16_t source)
      : notebook_(notebook), source_(source), text_(notebook.source(source).text) {}

  std::string run() {
    size_t at = text_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    for (bool line_begins = true; at < text_.size();) {
      const size_t length = std::max<size_t>(check(at, line_begins), 1);
      const std::string_view character = std::string_view(text_).substr(at, length);
      line_begins = contains(kLineEnds, character);
      at += length;
    }
    return std::move(text_);
  }

 private:
  // Reports and replaces what may not stand here. The length of the character.
  size_t check(size_t at, bool line_begins) {
    const std::string_view rest = std::string_view(text_).substr(at);
    const auto byte = static_cast<unsigned char>(rest.front());
    const size_t length = utf8_length(rest);
    if (length == 0) {
      tell(bytes_told_, at, fmt::format("the byte 0x{:02x} is not UTF-8 text here", byte),
           "save the file as UTF-8");
      replace(at);
    } else if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f) {
      tell(controls_told_, at,
           fmt::format("the control character 0x{:02x} may not stand in YAML", byte),
           "in double quotes, write it as an escape");
      replace(at);
    } else if (byte == '\r' && !rest.starts_with("\r\n")) {
      tell(returns_told_, at, "a carriage return stands alone", "end lines with a line feed");
      text_[at] = ' ';
    } else if (byte == '%' && line_begins) {
      tell(directives_told_, at,
           "a line that begins with `%` is a YAML directive, and these are not supported",
           "leave it out; indent the line if it is text");
      text_[at] = '#';
    }
    return length;
  }

  int line_of(size_t at) const {
    const auto& starts = notebook_.source(source_).line_starts;
    return static_cast<int>(std::ranges::upper_bound(starts, at) - starts.begin());
  }

  void replace(size_t at) {
    text_[at] = '?';
    notebook_.source(source_).spoiled.insert(line_of(at));
  }

  void tell(bool& told, size_t at, std::string message, std::string hint) {
    if (std::exchange(told, true)) return;
    const int line = line_of(at);
    const size_t start = notebook_.source(source_).line_starts[static_cast<size_t>(line - 1)];
    const int column = count_characters(std::string_view(text_).substr(start, at - start)) + 1;
    notebook_.error({source_, line, column, 1}, std::move(message), std::move(hint));
  }

  Notebook& notebook_;
  uint16_t source_;
  std::string text_;
  bool bytes_told_ = false;
  bool controls_told_ = false;
  bool returns_told_ = false;
  bool directives_told_ = false;
};

}  // namespace

std::string screen(Notebook& notebook, uint16_t source) { return Screen(notebook, source).run(); }

}  // namespace fairlead::core
