#include "core/simulate/sim_pool.h"

#include <algorithm>
#include <utility>

namespace fairlead::core {

SimPool::SimPool(PoolConfig config) { change(std::move(config)); }

void SimPool::change(PoolConfig config) {
  config.max_connections =
      0;  // a line in front of the pool is not simulated, those at backends are
  Config whole;
  whole.pools.push_back(std::move(config));
  config_ = std::make_shared<const Config>(std::move(whole));
  obey();
}

void SimPool::lose(uint32_t backend) {
  if (std::ranges::find(lost_, backend) != lost_.end()) return;
  lost_.push_back(backend);
  obey();
}

void SimPool::obey() {
  const auto standing_of = [&](const Backend& backend, const BackendConfig& config) {
    const bool lost = std::ranges::find(lost_, backend.id()) != lost_.end();
    return Standing{lost ? State::unhealthy : State::healthy, config.weight};
  };
  kept_.push_back(make_snapshot(config_, registry_, 1, kept_.size() + 1, standing_of));
  pool_.update(kept_.back()->pools.front());
}

uint32_t SimPool::id_of(const Address& address) {
  return registry_.backend(config_->pools.front().name, address)->id();
}

std::optional<Lease> SimPool::pick(const Key& key, const Tried& tried, Random& random,
                                   Instant now) {
  auto lease = pool_.pick(key, tried, random, now);
  if (!lease) return {};
  return std::move(*lease);
}

Notice SimPool::report(Lease lease, const Outcome& outcome, Instant now) {
  return lease.report(outcome, now);
}

}  // namespace fairlead::core
