// A cookie by its name in the value of a Cookie field (RFC 6265 5.4).
#pragma once

#include <optional>
#include <string_view>

namespace fairlead::core {

// The value of the first one of this name that has one; "" where there is none. A view into the
// field.
std::string_view cookie_in(std::string_view field, std::string_view name);

// Takes the first cookie off the field; nothing at the field's end. Spaces around its parts are
// left out, what has no `=` is a name without a value, and empty ones are passed over.
struct CookiePair {
  std::string_view name;
  std::string_view value;
  std::string_view text;  // both, as it stands there
};
std::optional<CookiePair> take_cookie(std::string_view& field);

// The field without the cookies of this name, written to `into`, which has room for twice as many
// bytes as the field has. Gives what was written: the others in their order, parted by "; ".
std::string_view without_cookie(std::string_view field, std::string_view name, char* into);

}  // namespace fairlead::core
