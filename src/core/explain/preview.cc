#include "core/explain/preview.h"

#include "base/check.h"

namespace fairlead::core {

namespace {

bool is_full(const PoolSnapshot& pool, uint32_t index) {
  const Backend& backend = *pool.members[pool.places[index]].backend;
  const uint32_t limit = backend.limit_of(pool.config->max_connections);
  return limit > 0 && backend.active() >= limit;
}

// As core/pool picks: the next choices of the algorithm where the first is full, then anybody.
std::optional<uint32_t> pick_with_room(const PoolSnapshot& pool, Balancer& balancer, const Key& key,
                                       const Load& load, Random& random) {
  Tried full;
  auto index = balancer.pick(key, load, full, random);
  while (index && is_full(pool, *index) && full.size() + 1 < Tried::kMost) {
    full.exclude(pool.candidates[*index].id);
    index = balancer.pick(key, load, full, random);
  }
  if (index && !is_full(pool, *index)) return index;
  for (uint32_t i = 0; i < pool.places.size(); ++i) {
    if (!is_full(pool, i)) return i;
  }
  return {};
}

// What the algorithm knows of its chances; nothing where a limit has a say, too.
std::vector<double> exact_chances(const PoolSnapshot& pool, const Balancer& balancer,
                                  const Key& key, const Load& load) {
  for (uint32_t i = 0; i < pool.places.size(); ++i)
    if (is_full(pool, i)) return {};
  return balancer.chances(key, load);
}

}  // namespace

Preview preview(const PoolSnapshot& pool, const Key& key, Random random, Instant now) {
  std::vector<const LiveLoad*> loads;
  for (const uint32_t place : pool.places) loads.push_back(&pool.members[place].backend->load());
  const auto balancer = make_balancer(pool.config->balance);
  CHECK(balancer != nullptr);
  balancer->update(pool.candidates, pool.plan);

  const Load load(loads, now);
  Preview result{.first = {},
                 .is_full = false,
                 .chances = std::vector<double>(pool.members.size()),
                 .reasoning = balancer->reasoning(key, load),
                 .meter = balancer->meter()};
  const std::vector<double> exact = exact_chances(pool, *balancer, key, load);
  for (uint32_t i = 0; i < (exact.empty() ? kPreviewPicks : 1); ++i) {
    const auto index = pick_with_room(pool, *balancer, key, load, random);
    if (!index) {
      result.is_full = !pool.places.empty();
      return result;
    }
    if (i == 0) result.first = pool.places[*index];
    result.chances[pool.places[*index]] += 1.0 / kPreviewPicks;
  }
  for (uint32_t i = 0; i < exact.size(); ++i) result.chances[pool.places[i]] = exact[i];
  return result;
}

}  // namespace fairlead::core
