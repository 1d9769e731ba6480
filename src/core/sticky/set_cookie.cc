#include "core/sticky/set_cookie.h"

#include <fmt/format.h>

namespace fairlead::core {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string_view words_for(CookieConfig::SameSite same_site) {
  switch (same_site) {
    case CookieConfig::SameSite::lax: return "Lax";
    case CookieConfig::SameSite::strict: return "Strict";
    case CookieConfig::SameSite::none: return "None";
  }
  return "Lax";
}

}  // namespace

std::string set_cookie_text(const CookieConfig& cookie, std::string_view value, bool https) {
  std::string text = fmt::format("{}={}; Path={}", cookie.name, value, cookie.path);
  if (!cookie.domain.empty()) text += fmt::format("; Domain={}", cookie.domain);
  text += fmt::format("; Max-Age={}",
                      std::chrono::duration_cast<std::chrono::seconds>(cookie.ttl).count());
  const bool secure = cookie.secure == CookieConfig::Secure::always ||
                      (cookie.secure == CookieConfig::Secure::automatic && https);
  if (secure) text += "; Secure";
  return text + fmt::format("; HttpOnly; SameSite={}", words_for(cookie.same_site));
}

NamedCookie cookie_set_by(std::string_view field) {
  const std::string_view pair = field.substr(0, field.find(';'));
  const size_t equals = pair.find('=');
  if (equals == pair.npos) return {};
  const std::string_view name = trimmed(pair.substr(0, equals));
  const std::string_view value = trimmed(pair.substr(equals + 1));
  if (name.empty() || value.empty()) return {};
  return {name, value};
}

}  // namespace fairlead::core
