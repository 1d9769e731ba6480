#include "base/log.h"

#include <iterator>

#include "base/rfc3339.h"

namespace fairlead {
namespace {

void append_hex(std::string& line, unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  line += "\\x";
  line += kDigits[byte >> 4];
  line += kDigits[byte & 15];
}

void append_control(std::string& line, unsigned char byte) {
  switch (byte) {
    case '\n': line += "\\n"; return;
    case '\r': line += "\\r"; return;
    case '\t': line += "\\t"; return;
    default: append_hex(line, byte);
  }
}

void append_escaped(std::string& line, std::string_view message) {
  for (size_t i = 0; i < message.size(); ++i) {
    const auto byte = static_cast<unsigned char>(message[i]);
    const auto next = static_cast<unsigned char>(i + 1 < message.size() ? message[i + 1] : 0);
    // U+0080 to U+009F, which some terminals obey, are 0xc2 and a byte below 0xa0.
    if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
      append_hex(line, byte);
      append_hex(line, next);
      ++i;
    } else if (byte < 0x20 || byte == 0x7f) {
      append_control(line, byte);
    } else {
      line += message[i];
    }
  }
}

}  // namespace

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warning: return "warning";
    case Level::error: return "error";
  }
  return "error";
}

std::string log_line(WallTime time, Level level, std::string_view message) {
  std::string line(kRfc3339Length, '\0');
  write_rfc3339(time, line.data());
  line += ' ';
  line += name_of(level);
  line += ' ';
  append_escaped(line, message);
  line += '\n';
  return line;
}

void Log::write(Level level, fmt::string_view text, fmt::format_args parts) {
  if (!is_on(level)) return;
  fmt::memory_buffer message;
  fmt::vformat_to(std::back_inserter(message), text, parts);
  sink_.write(level, log_line(clock_(), level, {message.data(), message.size()}));
}

}  // namespace fairlead
