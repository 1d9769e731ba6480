// What the controller does for operators: orders and weights, and the end of a drain.
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "control/controller.h"

namespace fairlead::control {

void Controller::order(uint32_t id, core::Order order) {
  HealthEntry* entry = book_.find(id);
  CHECK(entry);
  const core::State before = entry->health.ordered();
  step(id, order);
  if (entry->health.ordered() == before) return;
  prober_.poke(id);
  publisher_.publish_now();
}

void Controller::order_weight(uint32_t id, std::optional<uint32_t> weight) {
  HealthEntry* entry = book_.find(id);
  CHECK(entry);
  const uint32_t before = entry->weight;
  entry->weigh(entry->file_weight, weight);
  if (entry->weight == before) return;
  record({.kind = Occurrence::Kind::weight,
          .pool = entry->backend->pool(),
          .backend = entry->backend->text(),
          .from = fmt::to_string(before),
          .to = fmt::to_string(entry->weight),
          .reason = entry->ordered_weight
                        ? fmt::format("by order; the file says {}", entry->file_weight)
                        : "as the file says"});
  refresh(*entry);
  publisher_.publish_now();
}

// Whoever is not in the next configuration comes to its end as if it were drained by order: by the
// drain_timeout of its pool, the new one if the pool stays.
void Controller::drain_removed(const core::Config& config, const std::set<uint32_t>& kept) {
  for (const auto& [id, entry] : book_.entries()) {
    if (kept.contains(id)) continue;
    const auto pool =
        std::ranges::find(config.pools, entry.backend->pool(), &core::PoolConfig::name);
    drains_.begin_removed(entry.backend,
                          pool == config.pools.end() ? entry.drain_timeout : pool->drain_timeout);
  }
}

void Controller::drained(const Drain& drain) {
  const std::string words = words_for(drain);
  if (!drain.removed) step(drain.backend->id(), core::Drained{words});
  if (drain.removed && drain.at_first == 0) return;  // gone without anybody having noticed
  record({.kind = Occurrence::Kind::drained,
          .pool = drain.backend->pool(),
          .backend = drain.backend->text(),
          .reason = drain.removed ? "gone, " + words : words});
}

}  // namespace fairlead::control
