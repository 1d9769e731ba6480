// The order of routes: which of them can never be reached, because others stand before them.
#pragma once

#include <cstdint>
#include <vector>

#include "core/config/config.h"

namespace fairlead::core {

struct HiddenRoute {
  uint32_t route = 0;            // in the list, from 0
  std::vector<uint32_t> behind;  // those that take all that it is for; in their order
};

// Routes whose every host and path is taken by earlier routes that ask for nothing else, or for the
// very same. Says nothing of what only a reader of regular expressions could see.
// Cost: some look-ups for each pair of a host and a path; nothing is said of routes that have more
// than 1024 pairs.
std::vector<HiddenRoute> hidden_routes(const std::vector<RouteConfig>& routes);

}  // namespace fairlead::core
