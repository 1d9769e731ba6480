// Later: what the configuration will know and this version does not do yet.
//
// A name that the documentation of a later version promises must not be called a misspelling. When
// an option is built, its line here goes.
#pragma once

#include <string_view>

namespace fairlead::core {

// True when `name` is a key of that section, or one of its words, in a later version.
bool is_later(std::string_view section, std::string_view name);

}  // namespace fairlead::core
