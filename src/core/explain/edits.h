// What a route changes, limits and copies of a described request, in words.
#pragma once

#include <string>
#include <vector>

#include "core/explain/described_request.h"

namespace fairlead::core {

// Each a few words, such as "path: /api/1 becomes /1". In the order in which it is done.
std::vector<std::string> edits_of(const ListenerConfig& listener, const RouteConfig& route,
                                  const DescribedRequest& request);

}  // namespace fairlead::core
