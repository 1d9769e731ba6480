#include "core/simulate/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/simulate/sim_pool.h"

namespace fairlead::core {
namespace {

bool has(const PoolConfig& pool, const Address& address) {
  return std::ranges::any_of(pool.backends,
                             [&](const BackendConfig& each) { return each.address == address; });
}

uint32_t least_weight(const PoolConfig& pool) {
  uint32_t least = 0;
  for (const BackendConfig& backend : pool.backends) {
    if (backend.weight > 0) least = least == 0 ? backend.weight : std::min(least, backend.weight);
  }
  return std::max(least, 1u);
}

std::optional<std::string> fault_of(const Upset& upset, const PoolConfig& pool) {
  const bool known = has(pool, upset.backend);
  if (upset.kind == Upset::Kind::add) {
    if (known) return fmt::format("{} is in pool {} already", upset.backend.text(), pool.name);
    return {};
  }
  if (!known) return fmt::format("there is no {} in pool {}", upset.backend.text(), pool.name);
  return {};
}

}  // namespace

uint32_t servers_of(const Scenario& scenario, uint32_t weight) {
  const double times = static_cast<double>(weight) / least_weight(scenario.pool);
  return std::max(1u, static_cast<uint32_t>(std::lround(times * scenario.concurrency)));
}

double capacity_of(const Scenario& scenario) {
  double servers = 0;
  const SimPool pool(scenario.pool);
  for (const Member& member : pool.snapshot().members) {
    if (member.eligible) servers += servers_of(scenario, member.weight);
  }
  return servers / to_seconds(scenario.service.mean);
}

double rate_of(const Scenario& scenario) {
  return scenario.rate.value_or(capacity_of(scenario) * scenario.load);
}

std::optional<std::string> fault_of(const Scenario& scenario) {
  if (scenario.pool.backends.empty() || capacity_of(scenario) <= 0)
    return fmt::format("pool {} has no backend with weight", scenario.pool.name);
  for (const Upset& upset : scenario.upsets) {
    if (auto fault = fault_of(upset, scenario.pool)) return fault;
  }
  return {};
}

PoolConfig pool_after(const Scenario& scenario) {
  PoolConfig pool = scenario.pool;
  for (const Upset& upset : scenario.upsets) {
    if (upset.kind == Upset::Kind::remove) {
      std::erase_if(pool.backends,
                    [&](const BackendConfig& each) { return each.address == upset.backend; });
    } else if (upset.kind == Upset::Kind::add) {
      BackendConfig added;
      added.address = upset.backend;
      added.weight = static_cast<uint32_t>(upset.factor);
      pool.backends.push_back(std::move(added));
    }
  }
  return pool;
}

}  // namespace fairlead::core
