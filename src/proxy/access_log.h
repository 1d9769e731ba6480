// One line for one trip: JSON, or text that a person reads.
#pragma once

#include <string>

#include "base/instant.h"
#include "core/config/config.h"
#include "proxy/trip.h"

namespace fairlead::proxy {

// With its line end. Whatever a client sent is escaped: no byte of it can end the line or a text in
// it.
std::string format_line(const Trip& trip, core::AccessLogConfig::Format format, WallTime now);

}  // namespace fairlead::proxy
