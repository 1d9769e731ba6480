#include "control/health_book.h"

#include <algorithm>

#include "core/state.h"

namespace fairlead::control {
HealthBook::Kept HealthBook::keep(const std::shared_ptr<const core::Backend>& backend,
                                  const core::ProbeConfig& probe, Instant now) {
  auto [found, is_new] = entries_.try_emplace(backend->id(), backend, probe, now);
  HealthEntry& entry = found->second;
  if (is_new || entry.probe == probe) return {&entry, is_new, false, {}};
  entry.probe = probe;
  auto change = entry.health.configure(probe, now);
  return {&entry, false, true, std::move(change)};
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
