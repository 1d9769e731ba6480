#include "core/simulate/key_movement.h"

#include <algorithm>
#include <set>
#include <vector>

#include "core/simulate/client_key.h"
#include "core/simulate/sim_pool.h"

namespace fairlead::core {
namespace {

// Below this share of keys that come back to where they were, nothing is kept together.
constexpr double kKeeps = 0.99;

// The address that each key gets, in order of the keys; keys are asked for from `first` on.
std::vector<Address> homes(const PoolConfig& config, uint32_t first, Random& random) {
  SimPool pool(config);
  std::vector<Address> result(kTriedKeys);
  for (uint32_t i = 0; i < kTriedKeys; ++i) {
    const uint32_t client = (first + i) % kTriedKeys;
    const auto lease = pool.pick(client_key(client), {}, random, Instant{});
    if (lease) result[client] = lease->backend().address();
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
  Random random(seed);
  const auto homes_before = homes(before, 0, random);
  const std::set<Address> different(homes_before.begin(), homes_before.end());
  // Another start, a prime, so that no algorithm that goes in turn comes back by accident.
  const auto homes_again = homes(before, 6661, random);
  if (share_that_differs(homes_before, homes_again) > 1 - kKeeps && different.size() > 1) return {};
  const auto homes_after = homes(after, 0, random);
  return KeyMovement{
      .moved = share_that_differs(homes_before, homes_after),
      .minimum = std::max(share_of_weight(before, after), share_of_weight(after, before))};
}

}  // namespace fairlead::core
