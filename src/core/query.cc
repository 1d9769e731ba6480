#include "core/query.h"

#include <charconv>

namespace fairlead::core {
namespace {

// The byte that an escape at the head of the text stands for; -1: it is none.
int escaped_byte(std::string_view text) {
  uint8_t byte = 0;
  if (text.size() < 3 || text[0] != '%') return -1;
  const char* const end = text.data() + 3;
  return std::from_chars(text.data() + 1, end, byte, 16).ptr == end ? byte : -1;
}

}  // namespace

std::string_view decode_parameter(std::string_view text, std::string& storage) {
  if (text.find_first_of("%+") == text.npos) return text;
  storage.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    const int byte = escaped_byte(text.substr(i));
    storage += byte >= 0 ? static_cast<char>(byte) : text[i] == '+' ? ' ' : text[i];
    if (byte >= 0) i += 2;
  }
  return storage;
}

}  // namespace fairlead::core
