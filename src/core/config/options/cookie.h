// The options of a cookie that Fairlead sets itself, for every section that has one.
#pragma once

#include <vector>

#include "core/config/section.h"

namespace fairlead::core {

// A name of RFC 6265 4.1.1.
Type<std::string> cookie_name();
Type<std::string> cookie_path();
Type<std::string> cookie_domain();
Type<CookieConfig::SameSite> same_site();
Type<CookieConfig::Secure> cookie_secure();

// What browsers would refuse, and no single option can see.
void check_cookie(const CookieConfig& cookie, const Node& node, Reader& reader);

// All but its name and how long it is kept. `access` leads to the cookie; `useful`: whether the
// section's value has one.
template <typename S, typename Access>
std::vector<Option<S>> cookie_options(Access access, bool (*useful)(const S&)) {
  const auto of = [access](auto member) {
    return [access, member](auto& section) -> auto& { return access(section).*member; };
  };
  return {Option<S>("path", of(&CookieConfig::path), cookie_path(),
                    "Of the cookie: the paths that clients send it for.", "/app")
              .shown_when(useful),
          Option<S>("domain", of(&CookieConfig::domain), cookie_domain(),
                    "Of the cookie: the hosts that clients send it to, those below it included; "
                    "without it only the one that it came from.",
                    "shop.example")
              .shown_when(useful),
          Option<S>("same_site", of(&CookieConfig::same_site), same_site(),
                    "Of the cookie: whether it is sent with requests that begin on other sites.",
                    "strict")
              .shown_when(useful),
          Option<S>("secure", of(&CookieConfig::secure), cookie_secure(),
                    "Of the cookie: whether it is sent over https alone; `auto`: to who came so.",
                    "always")
              .shown_when(useful)};
}

}  // namespace fairlead::core
