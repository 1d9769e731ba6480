// A cookie by its name in the value of a Cookie field (RFC 6265 5.4).
#pragma once

#include <optional>
#include <string_view>

namespace fairlead::core {

// The value of the first one of this name that has one; "" where there is none. A view into the
// field.
std::string_view cookie_in(std::string_view field, std::string_view name);

// Whether `test` holds for the value of any of this name, an empty one included. Double quotes
// around a value are no part of it (RFC 6265 4.1.1).
template <typename Test>
bool any_cookie(std::string_view field, std::string_view name, Test&& test) {
  while (!field.empty()) {
    const size_t end = field.find(';');
    std::string_view pair = field.substr(0, end);
    field = end == field.npos ? std::string_view() : field.substr(end + 1);
    while (pair.starts_with(' ') || pair.starts_with('\t')) pair.remove_prefix(1);
    while (pair.ends_with(' ') || pair.ends_with('\t')) pair.remove_suffix(1);
    if (pair.size() <= name.size() || !pair.starts_with(name) || pair[name.size()] != '=') continue;
    std::string_view value = pair.substr(name.size() + 1);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
      value = value.substr(1, value.size() - 2);
    if (test(value)) return true;
  }
  return false;
}
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
