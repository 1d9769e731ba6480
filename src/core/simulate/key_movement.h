// KeyMovement: how many keys get another backend when the pool changes.
#pragma once

#include <optional>

#include "core/simulate/scenario.h"

namespace fairlead::core {

struct KeyMovement {
  double moved = 0;    // share of the keys, 0 to 1
  double minimum = 0;  // what had to move: the keys of who left, or those that who came has now
};

// How many keys are tried: the share is off by about 0.3 points.
inline constexpr uint32_t kTriedKeys = 20'000;

// Compares who gets each key before and after. Nothing where the algorithm goes by no key.
std::optional<KeyMovement> key_movement(const PoolConfig& before, const PoolConfig& after,
                                        uint64_t seed);

}  // namespace fairlead::core
