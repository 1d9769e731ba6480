// Set-Cookie (RFC 6265 4.1): the field by which we have a client keep a cookie, and what one of a
// backend's says.
#pragma once

#include <string>
#include <string_view>

#include "core/config/config.h"

namespace fairlead::core {

// "NAME=VALUE; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax". `https`: how the client came, for
// `secure: auto`.
std::string set_cookie_text(const CookieConfig& cookie, std::string_view value, bool https);

// The cookie's name and value, views into the field's value; both empty where it is none. A value
// in quotes is given with them, as clients send it back.
struct NamedCookie {
  std::string_view name;
  std::string_view value;
};
NamedCookie cookie_set_by(std::string_view field);

}  // namespace fairlead::core
