// The cookies of a request (RFC 6265 5.4), for templates and hash keys.
#pragma once

#include <string_view>

#include "http/message.h"

namespace fairlead::proxy {

// The value of the first cookie of this name; "" where there is none. A view into the request.
std::string_view cookie_of(const http::Fields& fields, std::string_view name);

}  // namespace fairlead::proxy
