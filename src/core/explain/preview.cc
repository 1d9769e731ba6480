#include "core/explain/preview.h"

#include "base/check.h"

namespace fairlead::core {

Preview preview(const PoolSnapshot& pool, const Key& key, Random random, Instant now) {
  std::vector<const LiveLoad*> loads;
  for (const uint32_t place : pool.places) loads.push_back(&pool.members[place].backend->load());
  const auto balancer = make_balancer(pool.config->balance);
  CHECK(balancer != nullptr);
  balancer->update(pool.candidates, pool.plan);

  const Load load(loads, now);
  Preview result{.first = {},
                 .chances = std::vector<double>(pool.members.size()),
                 .reasoning = balancer->reasoning(key, load),
                 .meter = balancer->meter()};
  for (uint32_t i = 0; i < kPreviewPicks; ++i) {
    const auto index = balancer->pick(key, load, {}, random);
    if (!index) return result;
    if (i == 0) result.first = pool.places[*index];
    result.chances[pool.places[*index]] += 1.0 / kPreviewPicks;
  }
  return result;
}

}  // namespace fairlead::core
