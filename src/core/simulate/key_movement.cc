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

double share_of_weight(const PoolConfig& pool, const PoolConfig& other) {
  double all = 0;
  double alone = 0;
  for (const BackendConfig& backend : pool.backends) {
    all += backend.weight;
    const bool stays = std::ranges::any_of(
        other.backends, [&](const BackendConfig& each) { return each.address == backend.address; });
    if (!stays) alone += backend.weight;
  }
  return all == 0 ? 0 : alone / all;
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
      .minimum = std::max(share_of_weight(before, after), share_of_weight(after, before))};
}

}  // namespace fairlead::core
