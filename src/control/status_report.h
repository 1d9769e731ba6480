// StatusReport: what `fairlead status` prints, from what the admin API answered. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace fairlead::control {

enum class Colour : unsigned char { off, on };

// The text, or why the answers are none of an instance's. `status` and `pools`: the bodies of
// /api/v1/status and /api/v1/pools. Answers of other versions are read as far as they go.
std::expected<std::string, std::string> status_report(std::string_view status,
                                                      std::string_view pools, Colour colour);

}  // namespace fairlead::control
