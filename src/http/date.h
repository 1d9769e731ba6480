// Dates as HTTP and logs write them.
#pragma once

#include <string>

#include "base/instant.h"

namespace fairlead::http {

// RFC 9110 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(WallTime time);

}  // namespace fairlead::http
