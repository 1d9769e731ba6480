// A cookie by its name in the value of a Cookie field (RFC 6265 5.4).
#pragma once

#include <string_view>

namespace fairlead::core {

// The value of the first one of this name; "" where there is none. A view into the field.
std::string_view cookie_in(std::string_view field, std::string_view name);

}  // namespace fairlead::core
