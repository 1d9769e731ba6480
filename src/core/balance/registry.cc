// The one place that knows every balancer by name, through list.inc.
#include <array>

#include "core/balance/balancer.h"
#include "core/balance/plan.h"

namespace fairlead::core {

using PlanMaker = std::shared_ptr<const Plan>(const BalanceConfig&, std::span<const Candidate>,
                                              uint32_t unit);

#define BALANCER(name) std::unique_ptr<Balancer> make_##name(const BalanceConfig&, uint32_t start);
#define CONSISTENT_BALANCER(name) \
  BALANCER(name)                  \
  PlanMaker plan_##name;
#include "core/balance/list.inc"

namespace {

struct Entry {
  std::string_view name;
  std::unique_ptr<Balancer> (*make)(const BalanceConfig&, uint32_t start);
  PlanMaker* plan;  // null: it has none
};

constexpr Entry kEntries[] = {
#define BALANCER(name) {#name, &make_##name, nullptr},
#define CONSISTENT_BALANCER(name) {#name, &make_##name, &plan_##name},
#include "core/balance/list.inc"
};

constexpr auto kNames = [] {
  std::array<std::string_view, std::size(kEntries)> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = kEntries[i].name;
  return names;
}();

const Entry* find(std::string_view name) {
  for (const Entry& entry : kEntries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<Balancer> make_balancer(const BalanceConfig& config, uint32_t start) {
  const Entry* entry = find(config.algorithm);
  return entry == nullptr ? nullptr : entry->make(config, start);
}

std::shared_ptr<const Plan> make_plan(const BalanceConfig& config,
                                      std::span<const Candidate> candidates, uint32_t unit) {
  const Entry* entry = find(config.algorithm);
  return entry == nullptr || entry->plan == nullptr ? nullptr
                                                    : entry->plan(config, candidates, unit);
}

bool keeps_keys(std::string_view algorithm) {
  const Entry* entry = find(algorithm);
  return algorithm == "ip_hash" || (entry != nullptr && entry->plan != nullptr);
}

std::span<const std::string_view> balancer_names() { return kNames; }

}  // namespace fairlead::core
