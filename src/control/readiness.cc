#include "control/readiness.h"

#include <fmt/format.h>

#include <set>

#include "control/counted.h"

namespace fairlead::control {
namespace {

std::set<uint32_t> pools_in_use(const core::Snapshot& snapshot) {
  std::set<uint32_t> pools;
  for (const auto& listener : snapshot.listeners) {
    for (const core::Route& route : listener->router.routes()) {
      if (route.pool) pools.insert(*route.pool);
      if (!route.split) continue;
      for (const core::SplitPart& part : snapshot.splits[*route.split]->parts()) {
        if (part.weight > 0) pools.insert(part.pool);
      }
    }
  }
  return pools;
}

}  // namespace

std::vector<std::string> unusable_pools(const core::Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const uint32_t index : pools_in_use(snapshot)) {
    const core::PoolSnapshot& pool = *snapshot.pools[index];
    if (pool.basis == core::Basis::none) names.push_back(pool.config->name);
  }
  return names;
}

std::vector<std::string> complaints(const core::Snapshot& snapshot) {
  std::vector<std::string> sentences;
  for (const uint32_t index : pools_in_use(snapshot)) {
    const core::PoolSnapshot& pool = *snapshot.pools[index];
    const std::string_view basis = core::name_of(pool.basis);
    if (pool.basis == core::Basis::none) {
      sentences.push_back(fmt::format("pool `{}` has no usable backend", pool.config->name));
    } else if (pool.basis != core::Basis::healthy) {
      sentences.push_back(fmt::format("pool `{}` has no healthy backend: its {} ones get new work",
                                      pool.config->name, basis));
    }
  }
  return sentences;
}

std::vector<std::string> reasons_not_ready(const ReadinessFacts& facts) {
  if (!facts.snapshot) return {"starting: no configuration acts yet"};
  std::vector<std::string> reasons;
  if (facts.draining) reasons.push_back("draining: this instance is about to stop");
  if (!facts.first_round_done) {
    reasons.push_back(fmt::format("starting: {} to be checked for the first time",
                                  counted(facts.unchecked, "backend")));
  }
  const auto unusable = unusable_pools(*facts.snapshot);
  if (!unusable.empty() && unusable.size() == pools_in_use(*facts.snapshot).size()) {
    for (const std::string& name : unusable)
      reasons.push_back(fmt::format("pool `{}` has no usable backend", name));
  }
  return reasons;
}

}  // namespace fairlead::control
