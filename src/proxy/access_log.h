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

// A line's detail, and that the retry budget of the pool has refused a further attempt.
std::string with_refused_retry(std::string_view detail, std::string_view pool);

}  // namespace fairlead::proxy
