// Civil time as text: "2026-11-21T08:06:09.123Z", the one form of every log line and API answer.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.h"

namespace fairlead {

inline constexpr size_t kRfc3339Length = 24;

// Writes exactly kRfc3339Length bytes: UTC, milliseconds, rounded down (RFC 3339 5.6). No zero
// byte. REQUIRES: the year has four digits. Cost: about 20 ns.
void write_rfc3339(WallTime time, char* into);

std::string rfc3339(WallTime time);

// Reads what rfc3339() writes, and no other form; nothing: it is none.
std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace fairlead
