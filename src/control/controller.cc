#include "control/controller.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "control/counted.h"
#include "core/outcome.h"

namespace fairlead::control {
namespace {

// What a pool's basis means for its clients.
std::string words_for(const core::PoolSnapshot& pool) {
  const auto eligible = std::ranges::count_if(pool.members, &core::Member::eligible);
  switch (pool.basis) {
    case core::Basis::healthy:
      return fmt::format("{} of {} backends are healthy and get new work", eligible,
                         pool.members.size());
    case core::Basis::unchecked:
      return fmt::format("none is healthy; {} unchecked of {} backends get new work", eligible,
                         pool.members.size());
    case core::Basis::unhealthy:
      return fmt::format("none is healthy; all the same {} of {} backends get new work", eligible,
                         pool.members.size());
    case core::Basis::none:
      return fmt::format("no usable backend of {}: requests are answered with 503",
                         pool.members.size());
  }
  return {};
}

std::string words_for(const core::Config& config) {
  size_t backends = 0;
  for (const core::PoolConfig& pool : config.pools) backends += pool.backends.size();
  return fmt::format("{}, {}, {}", counted(config.listeners.size(), "listener"),
                     counted(config.pools.size(), "pool"), counted(backends, "backend"));
}

}  // namespace

Controller::Controller(Parts parts)
    : network_(parts.network),
      log_(parts.log),
      registry_(parts.workers),
      publish_(std::move(parts.publish)),
      publisher_(parts.network,
                 {.publish = [this](const Publisher::SnapshotPtr& snapshot) { publish(snapshot); },
                  .basis_changed = [this](const core::PoolSnapshot& pool,
                                          core::Basis before) { tell_basis(pool, before); }}),
      prober_(parts.network, parts.seed,
              [this](uint32_t id, const core::HealthEvent& event) { step(id, event); }) {}

void Controller::start(std::shared_ptr<const core::Config> config) {
  CHECK(generation_ == 0);
  take_up(std::move(config), Occurrence::Kind::started);
}

void Controller::apply(std::shared_ptr<const core::Config> config) {
  CHECK(generation_ > 0);
  take_up(std::move(config), Occurrence::Kind::reloaded);
}

void Controller::take_up(std::shared_ptr<const core::Config> config, Occurrence::Kind kind) {
  ++generation_;
  record({.kind = kind, .reason = words_for(*config)});
  const std::vector<HealthBook::Kept> kept = keep_backends(*config);
  publisher_.replace(core::make_snapshot(
      std::move(config), registry_, generation_, publisher_.next_version(),
      [this](const core::Backend& backend, const core::BackendConfig& entry) {
        return core::Standing{book_.find(backend.id())->health.state(), entry.weight};
      }));
  for (const HealthBook::Kept& one : kept) {
    if (one.change) tell_state(*one.entry->backend, *one.change);
    if (one.is_new || one.is_reconfigured) prober_.watch(one.entry->backend->id(), *one.entry);
  }
  registry_.sweep();
}

// Brings the book up to the configuration; who is not in it is neither probed nor known any more.
std::vector<HealthBook::Kept> Controller::keep_backends(const core::Config& config) {
  std::vector<HealthBook::Kept> kept;
  std::set<uint32_t> ids;
  for (const core::PoolConfig& pool : config.pools) {
    for (const core::BackendConfig& entry : pool.backends) {
      const auto backend = registry_.backend(pool.name, entry.address);
      kept.push_back(book_.keep(backend, pool.health, network_.now()));
      kept.back().entry->weight = entry.weight;
      ids.insert(backend->id());
    }
  }
  prober_.drop_others(ids);
  book_.forget_others(ids);
  return kept;
}

void Controller::publish(const std::shared_ptr<const core::Snapshot>& snapshot) {
  publish_(snapshot);
  if (first_round_done_ || book_.unchecked() > 0) return;
  first_round_done_ = true;
  first_round_.set(network_.ready());
}

void Controller::refuse(std::string reason) {
  record({.kind = Occurrence::Kind::refused, .reason = std::move(reason)});
}

void Controller::begin_drain() {
  if (std::exchange(draining_, true)) return;
  record({.kind = Occurrence::Kind::draining,
          .reason = "no new connections; exchanges in flight may end"});
}

void Controller::connect_failed(uint32_t backend, Code code, Instant began) {
  if (!core::is_connect_failure(code)) return;
  step(backend, core::ConnectFailed{code, began});
  prober_.poke(backend);
}

void Controller::step(uint32_t id, const core::HealthEvent& event) {
  HealthEntry* entry = book_.find(id);
  if (!entry) return;  // news of a backend that a reload has removed
  const auto change = entry->health.step(event, network_.now());
  if (!change) return;
  publisher_.flip(*entry->backend, {change->to, entry->weight});
  tell_state(*entry->backend, *change);
}

void Controller::tell_state(const core::Backend& backend, const core::Change& change) {
  record({.kind = Occurrence::Kind::backend_state,
          .pool = backend.pool(),
          .backend = backend.text(),
          .from = std::string(core::name_of(change.from)),
          .to = std::string(core::name_of(change.to)),
          .reason = change.reason});
}

void Controller::tell_basis(const core::PoolSnapshot& pool, core::Basis before) {
  record({.kind = Occurrence::Kind::pool_basis,
          .pool = pool.config->name,
          .from = std::string(core::name_of(before)),
          .to = std::string(core::name_of(pool.basis)),
          .reason = words_for(pool)});
}

void Controller::record(Occurrence occurrence) {
  occurrence.time = network_.wall_now();
  occurrence.generation = generation_;
  const Occurrence& kept = history_.add(std::move(occurrence));
  const std::string line = line_of(kept);
  switch (level_of(kept)) {
    case Level::error: return log_.error("{}", line);
    case Level::warning: return log_.warning("{}", line);
    default: return log_.info("{}", line);
  }
}

}  // namespace fairlead::control
