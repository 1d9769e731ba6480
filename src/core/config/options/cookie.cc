#include "core/config/options/cookie.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

constexpr size_t kLongestName = 64;
constexpr size_t kLongestValue = 256;  // of an attribute

bool is_name(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOthers.contains(c);
  });
}

// What an attribute may hold (RFC 6265 4.1.1).
bool is_attribute(std::string_view text) {
  return !text.empty() && text.size() <= kLongestValue && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 0x7f && c != ';' && c != ',';
  });
}

Type<std::string> attribute(std::string words, std::function<bool(std::string_view)> is_right) {
  const std::string kind = words;
  return text_type<std::string>(
      Shape{.words = std::move(words)},
      [kind, is_right](std::string_view text) -> Parsed<std::string> {
        if (!is_attribute(text) || !is_right(text))
          return wrong(fmt::format("{} is not {}", ticked(text), kind));
        return std::string(text);
      },
      [](const std::string& value) { return value.empty() ? Node{} : scalar(value); });
}

}  // namespace

Type<std::string> cookie_name() {
  Shape shape{.words =
                  fmt::format("a cookie's name: letters, digits, `-`, `_` and the like, at most {}",
                              kLongestName)};
  return text_type<std::string>(
      shape,
      [](std::string_view text) -> Parsed<std::string> {
        if (text == "true" || text == "yes" || text == "on")
          return wrong(fmt::format("{} is taken for a cookie's name", ticked(text)),
                       "say which cookie: `SERVERID`");
        if (!is_name(text)) return wrong(fmt::format("{} cannot name a cookie", ticked(text)));
        return std::string(text);
      },
      [](const std::string& name) { return name.empty() ? Node{} : scalar(name); });
}

Type<std::string> cookie_path() {
  return attribute("a path that begins with `/`",
                   [](std::string_view text) { return text.starts_with('/'); });
}

Type<std::string> cookie_domain() {
  return attribute("a host name", [](std::string_view text) {
    return !text.starts_with('.') && text.find_first_of("/:*") == text.npos;
  });
}

Type<CookieConfig::SameSite> same_site() {
  using enum CookieConfig::SameSite;
  return choice<CookieConfig::SameSite>({{"lax", lax}, {"strict", strict}, {"none", none}});
}

Type<CookieConfig::Secure> cookie_secure() {
  using enum CookieConfig::Secure;
  return choice<CookieConfig::Secure>({{"auto", automatic}, {"always", always}, {"never", never}});
}

void check_cookie(const CookieConfig& cookie, const Node& node, Reader& reader) {
  const auto at = [&](std::string_view key) -> const Node& {
    const Node* found = node.find(key);
    return found != nullptr ? *found : node;
  };
  const bool never = cookie.secure == CookieConfig::Secure::never;
  if (cookie.same_site == CookieConfig::SameSite::none && never) {
    reader.error(at("secure"), "browsers refuse a cookie of `same_site: none` that is not secure",
                 "leave `secure` out, or say `same_site: lax`");
  }
  const bool of_host = cookie.name.starts_with("__Host-");
  if (!of_host && !cookie.name.starts_with("__Secure-")) return;
  if (cookie.secure != CookieConfig::Secure::always) {
    reader.error(at("cookie"),
                 fmt::format("browsers take {} over https alone", ticked(cookie.name)),
                 "add `secure: always`, or give it another name");
  } else if (of_host && (cookie.path != "/" || !cookie.domain.empty())) {
    reader.error(at("cookie"),
                 fmt::format("browsers refuse {} with a `domain`, or a `path` other than `/`",
                             ticked(cookie.name)),
                 "leave them out, or give it another name");
  }
}

}  // namespace fairlead::core
