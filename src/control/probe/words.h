// said: what a backend said, for a person: in the reason of a state, the log and the API.
#pragma once

#include <string>
#include <string_view>

namespace fairlead::control {

// Without control characters and broken UTF-8, which become `?`, and cut to 200 bytes.
std::string said(std::string_view text);

}  // namespace fairlead::control
