// The one place that knows every balancer by name, through list.inc.
#include <array>

#include "core/balance/balancer.h"

namespace fairlead::core {

#define BALANCER(name) std::unique_ptr<Balancer> make_##name(const BalanceConfig&, uint32_t start);
#include "core/balance/list.inc"
#undef BALANCER

namespace {

struct Entry {
  std::string_view name;
  std::unique_ptr<Balancer> (*make)(const BalanceConfig&, uint32_t start);
};

constexpr Entry kEntries[] = {
#define BALANCER(name) {#name, &make_##name},
#include "core/balance/list.inc"
#undef BALANCER
};

constexpr auto kNames = [] {
  std::array<std::string_view, std::size(kEntries)> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = kEntries[i].name;
  return names;
}();

}  // namespace

std::unique_ptr<Balancer> make_balancer(const BalanceConfig& config, uint32_t start) {
  for (const Entry& entry : kEntries) {
    if (entry.name == config.algorithm) return entry.make(config, start);
  }
  return nullptr;
}

std::span<const std::string_view> balancer_names() { return kNames; }

}  // namespace fairlead::core
