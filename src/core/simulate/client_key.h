// The hash key of a simulated client: made by the function that makes those of real requests.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/config/config.h"
#include "core/hash_key.h"

namespace fairlead::core {

// Client number so and so has an address in 10.0.0.0/8, and for every cookie, header, path and so
// on the text of its number. `addresses`: how many addresses all clients have together, in turns;
// 0: each its own. Without a key in `balance`, none.
Key client_key(const BalanceConfig& balance, uint32_t client, uint32_t addresses);

// A client of a record: by its address where that is the key, else by what the record calls it.
Key client_key(const BalanceConfig& balance, std::string_view client);

}  // namespace fairlead::core
