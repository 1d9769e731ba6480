#include "core/maintenance.h"

#include <algorithm>

namespace fairlead::core {

bool passes(const MaintenanceConfig& maintenance, const Ip& client) {
  return std::ranges::any_of(maintenance.allow,
                             [&](const Subnet& network) { return network.contains(client); });
}

}  // namespace fairlead::core
