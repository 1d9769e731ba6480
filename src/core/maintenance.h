// Maintenance: who is answered by it.
#pragma once

#include "base/address.h"
#include "core/config/config.h"

namespace fairlead::core {

// Whether a client is among those whose requests pass.
bool passes(const MaintenanceConfig& maintenance, const Ip& client);

// What is to be answered now, or null. A route's own stands in place of its listener's. `route` may
// be null: none was found. Cost: two looks where it is off.
inline const MaintenanceConfig* maintenance_of(const ListenerConfig& listener,
                                               const RouteConfig* route, const Ip& client) {
  const MaintenanceConfig& one =
      route && route->maintenance.given ? route->maintenance : listener.maintenance;
  return one.acts() && !passes(one, client) ? &one : nullptr;
}

}  // namespace fairlead::core
