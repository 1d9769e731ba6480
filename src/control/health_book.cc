#include "control/health_book.h"

#include <algorithm>

#include "core/slow_start.h"
#include "core/state.h"

namespace fairlead::control {

void HealthEntry::weigh(uint32_t of_file, std::optional<uint32_t> by_order) {
  file_weight = of_file;
  ordered_weight = by_order == of_file ? std::nullopt : by_order;
  weight = ordered_weight.value_or(file_weight);
}

core::Standing HealthEntry::standing(Instant now) const {
  const uint8_t warm = warms_up ? core::share_at(serves_since, now, slow_start) : 100;
  const bool still_takes =
      lingers && !is_closed && health.is_sound() && health.state() == core::State::draining;
  return {health.state(), weight, std::min(health.share(), warm), still_takes};
}

HealthBook::Kept HealthBook::keep(const std::shared_ptr<core::Backend>& backend,
                                  const core::PoolConfig& pool, Instant now) {
  auto [found, is_new] = entries_.try_emplace(backend->id(), backend, pool, now);
  HealthEntry& entry = found->second;
  entry.slow_start = pool.slow_start;
  entry.drain_timeout = pool.drain_timeout;
  entry.lingers = pool.sticky.on() && pool.sticky.finish_on_drain;
  Kept kept{&entry, is_new, false, {}};
  if (is_new) return kept;
  if (entry.passive != pool.passive) {
    entry.passive = pool.passive;
    kept.change = entry.health.configure(pool.passive, now);
  }
  if (entry.probe == pool.health) return kept;
  entry.probe = pool.health;
  kept.is_reconfigured = true;
  if (auto change = entry.health.configure(pool.health, now)) {
    if (kept.change) change->from = kept.change->from;
    kept.change = std::move(change);
  }
  return kept;
}

void HealthBook::forget_others(const std::set<uint32_t>& ids) {
  std::erase_if(entries_, [&](const auto& entry) { return !ids.contains(entry.first); });
}

HealthEntry* HealthBook::find(uint32_t id) {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

const HealthEntry* HealthBook::find(uint32_t id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

size_t HealthBook::unchecked() const {
  return static_cast<size_t>(std::ranges::count_if(entries_, [](const auto& entry) {
    return entry.second.health.state() == core::State::checking;
  }));
}

}  // namespace fairlead::control
