#include "core/explain/preview.h"

#include "base/check.h"

namespace fairlead::core {

Preview preview(const PoolSnapshot& pool, const Key& key, Random random) {
  std::vector<Candidate> candidates;
  std::vector<const LiveLoad*> loads;
  std::vector<uint32_t> places;  // of each candidate among the members
  for (uint32_t i = 0; i < pool.members.size(); ++i) {
    const Member& member = pool.members[i];
    if (!member.eligible) continue;
    candidates.push_back({member.backend->id(), member.weight, member.backend->identity()});
    loads.push_back(&member.backend->load());
    places.push_back(i);
  }
  const auto balancer = make_balancer(pool.config->balance);
  CHECK(balancer != nullptr);
  balancer->update(candidates);

  Preview result{.first = {}, .chances = std::vector<double>(pool.members.size())};
  for (uint32_t i = 0; i < kPreviewPicks; ++i) {
    const auto index = balancer->pick(key, Load(loads), {}, random);
    if (!index) return result;
    if (i == 0) result.first = places[*index];
    result.chances[places[*index]] += 1.0 / kPreviewPicks;
  }
  return result;
}

}  // namespace fairlead::core
