#include "core/cookie.h"

#include <algorithm>

namespace fairlead::core {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view cookie_in(std::string_view field, std::string_view name) {
  while (!field.empty()) {
    const size_t end = field.find(';');
    std::string_view pair = field.substr(0, end);
    field = end == field.npos ? std::string_view() : field.substr(end + 1);
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
      return pair.substr(name.size() + 1);
    }
  }
  return {};
}

std::optional<CookiePair> take_cookie(std::string_view& field) {
  while (!field.empty()) {
    const size_t end = field.find(';');
    const std::string_view text = trimmed(field.substr(0, end));
    field = end == field.npos ? std::string_view() : field.substr(end + 1);
    if (text.empty()) continue;
    const size_t equals = text.find('=');
    if (equals == text.npos) return CookiePair{text, {}, text};
    return CookiePair{trimmed(text.substr(0, equals)), trimmed(text.substr(equals + 1)), text};
  }
  return {};
}

std::string_view without_cookie(std::string_view field, std::string_view name, char* into) {
  char* end = into;
  while (const auto cookie = take_cookie(field)) {
    if (cookie->name == name) continue;
    if (end != into) {
      *end++ = ';';
      *end++ = ' ';
    }
    end = std::copy(cookie->text.begin(), cookie->text.end(), end);
  }
  return {into, static_cast<size_t>(end - into)};
}

}  // namespace fairlead::core
