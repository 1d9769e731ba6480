#include "core/simulate/key_movement.h"

#include <algorithm>
#include <vector>

#include "core/simulate/client_key.h"
#include "core/simulate/sim_pool.h"

namespace fairlead::core {
namespace {

// The address that each key gets.
std::vector<Address> homes(const PoolConfig& config, Random& random) {
  SimPool pool(config);
  std::vector<Address> result(kTriedKeys);
  for (uint32_t i = 0; i < kTriedKeys; ++i) {
    const Key key = client_key(config.balance, i, 0);
    const auto lease = pool.pick(key, {}, random, Instant{});
    if (lease) result[i] = lease->backend().address();
  }
  return result;
}

double share_that_differs(const std::vector<Address>& a, const std::vector<Address>& b) {
  size_t differ = 0;
  for (size_t i = 0; i < a.size(); ++i) differ += a[i] != b[i];
  return static_cast<double>(differ) / static_cast<double>(a.size());
}

// Of the keys, those whose backend is not in the other pool.
double share_outside(const std::vector<Address>& homes, const PoolConfig& other) {
  const auto outside = std::ranges::count_if(homes, [&](const Address& home) {
    return std::ranges::none_of(other.backends,
                                [&](const BackendConfig& each) { return each.address == home; });
  });
  return static_cast<double>(outside) / static_cast<double>(homes.size());
}

}  // namespace

std::optional<KeyMovement> key_movement(const PoolConfig& before, const PoolConfig& after,
                                        uint64_t seed) {
  if (!before.balance.key) return {};
  Random random(seed);
  const auto homes_before = homes(before, random);
  const auto homes_after = homes(after, random);
  return KeyMovement{
      .moved = share_that_differs(homes_before, homes_after),
      .minimum = std::max(share_outside(homes_before, after), share_outside(homes_after, before))};
}

}  // namespace fairlead::core
