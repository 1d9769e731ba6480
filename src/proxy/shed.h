// Shedding on the data path: a route is asked about before anything is done for it.
#pragma once

#include <optional>

#include "base/result.h"
#include "core/router.h"

namespace fairlead::proxy {

class Worker;

// Why the route is not served now (core/shedding), and counts it; nothing: it is.
std::optional<Error> shed(Worker& worker, const core::Config& config, const core::Route& route);

}  // namespace fairlead::proxy
