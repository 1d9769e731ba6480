// What the API says of a route: one answer for all calls that show one.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "control/admin/call.h"
#include "control/admin/json.h"

namespace fairlead::control {

// A route with what it matches, what it does, its weights where it splits, and its numbers.
Json json_of(const core::Snapshot& snapshot, const core::ListenerSnapshot& listener,
             const core::Route& route);

}  // namespace fairlead::control
