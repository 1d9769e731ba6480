// Dates as HTTP writes them.
#pragma once

#include <string_view>

#include "base/instant.h"

namespace fairlead::http {

// RFC 9110 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". Valid until this thread asks for another second.
// Cost: a comparison within the same second.
std::string_view http_date(WallTime time);

}  // namespace fairlead::http
