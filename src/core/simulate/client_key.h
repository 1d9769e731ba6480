// The hash key of a simulated client, by its number or by its name in a record.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/balance/balancer.h"

namespace fairlead::core {

// The same for the same client in every run, spread over all 64 bits.
Key client_key(uint32_t client);
Key client_key(std::string_view client);

}  // namespace fairlead::core
