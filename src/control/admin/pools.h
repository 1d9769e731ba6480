// What the API says of a backend: one answer for all calls that show one.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "control/admin/call.h"
#include "control/admin/json.h"

namespace fairlead::control {

// A backend with its state, orders, drain, numbers and last check.
Json json_of(const AdminParts& parts, const core::Member& member);

}  // namespace fairlead::control
