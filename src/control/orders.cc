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

void Controller::order_split(uint32_t index, std::optional<std::vector<uint32_t>> weights) {
  publisher_.publish_now();
  const Publisher::SnapshotPtr before = snapshot();
  CHECK(before && index < before->splits.size());
  const core::Split& split = *before->splits[index];
  if (!weights) {
    weights.emplace();
    for (const core::SplitPart& part : split.parts()) weights->push_back(part.file_weight);
  }
  split_orders_.give(split, *weights);
  const auto after = core::with_split_weights(*before, index, *weights);
  const core::Split& ordered = *after->splits[index];
  if (weights_text(ordered) == weights_text(split)) return;
  record({.kind = Occurrence::Kind::split,
          .route = split.route(),
          .from = weights_text(split),
          .to = weights_text(ordered),
          .reason = ordered.is_ordered()
                        ? fmt::format("by order; the file says {}", file_weights_text(ordered))
                        : "as the file says"});
  publisher_.replace(after);
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

void Controller::close(const Drain& drain) {
  HealthEntry* entry = book_.find(drain.backend->id());
  if (!entry) return;
  entry->is_closed = true;
  refresh(*entry);
  publisher_.publish_now();
}

void Controller::drained(const Drain& drain) {
  if (HealthEntry* entry = book_.find(drain.backend->id())) entry->is_closed = true;
  const std::string words = words_for(drain);
  if (!drain.removed) step(drain.backend->id(), core::Drained{words});
  if (drain.removed && drain.at_first == 0) return;  // gone without anybody having noticed
  record({.kind = Occurrence::Kind::drained,
          .pool = drain.backend->pool(),
          .backend = drain.backend->text(),
          .reason = drain.removed ? "gone, " + words : words});
}

}  // namespace fairlead::control
