#include "control/controller.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "control/counted.h"
#include "core/outcome.h"
#include "net/secret_text.h"

namespace fairlead::control {
namespace {

// Between two looks at error rates and slow starts: often enough for their shortest span, seldom
// enough that a warm-up of usual length is one snapshot a second at the most.
constexpr Duration kLongestPause = 1s;
constexpr Duration kShortestPause = 100ms;
// Backends that come up together are as new as each other: none of them has to warm up.
constexpr Duration kTogether = 1s;

// What a pool's basis means for its clients.
std::string words_for(const core::PoolSnapshot& pool) {
  const auto eligible = std::ranges::count_if(pool.members, &core::Member::eligible);
  switch (pool.basis) {
    case core::Basis::healthy:
      return fmt::format("{} of {} backends are healthy and get new work", eligible,
                         pool.members.size());
    case core::Basis::backup:
      return fmt::format("only backups are healthy; {} of {} backends get new work", eligible,
                         pool.members.size());
    case core::Basis::unchecked:
      return fmt::format("none is healthy; {} unchecked of {} backends get new work", eligible,
                         pool.members.size());
    case core::Basis::unhealthy:
      return fmt::format("none is healthy; all the same {} of {} backends get new work", eligible,
                         pool.members.size());
    case core::Basis::ejected:
      return fmt::format(
          "none is healthy; {} of {} backends are ejected, and get new work all the same", eligible,
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
      own_secret_(parts.own_secret.empty() ? net::secret_text(32) : std::move(parts.own_secret)),
      learned_seed_(core::key_of(own_secret_).hash),
      publisher_(parts.network,
                 {.publish = [this](const Publisher::SnapshotPtr& snapshot) { publish(snapshot); },
                  .basis_changed = [this](const core::PoolSnapshot& pool,
                                          core::Basis before) { tell_basis(pool, before); }}),
      referee_(book_,
               {.tell = [this](uint32_t id, const core::HealthEvent& event) { step(id, event); },
                .withheld =
                    [this](const core::Backend& backend, std::string reason) {
                      record({.kind = Occurrence::Kind::withheld,
                              .pool = backend.pool(),
                              .backend = backend.text(),
                              .reason = std::move(reason)});
                    }}),
      prober_(parts.network, parts.seed,
              [this](uint32_t id, const core::HealthEvent& event) { step(id, event); }),
      drains_(parts.network, {.ended = [this](const Drain& drain) { drained(drain); },
                              .closed = [this](const Drain& drain) { close(drain); },
                              .cut = std::move(parts.cut),
                              .survey = std::move(parts.survey),
                              .fence = std::move(parts.fence)}),
      certificates_(parts.network, parts.log, [this] { return publisher_.current(); }),
      alarm_(parts.network.wheel()) {
  scope_.spawn(look());
}

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
  settle_seal(*config);
  publisher_.replace(completed(core::make_snapshot(
      std::move(config), registry_, generation_, publisher_.next_version(),
      [this](const core::Backend& backend, const core::BackendConfig&) {
        HealthEntry& entry = *book_.find(backend.id());
        return entry.told = entry.standing(network_.now());
      },
      publisher_.current().get(), seal_.get())));
  for (const HealthBook::Kept& one : kept) {
    if (one.change) tell_state(*one.entry->backend, *one.change);
    if (one.is_new || one.is_reconfigured) prober_.watch(one.entry->backend->id(), *one.entry);
  }
  registry_.sweep();
  reloaded_.set(network_.ready());
}

// Brings the book up to the configuration; who is not in it is neither probed nor known any more.
std::vector<HealthBook::Kept> Controller::keep_backends(const core::Config& config) {
  std::vector<HealthBook::Kept> kept;
  std::set<uint32_t> ids;
  for (const core::PoolConfig& pool : config.pools) {
    for (const core::BackendConfig& entry : pool.backends) {
      const auto backend = registry_.backend(pool.name, entry.address);
      HealthBook::Kept one = book_.keep(backend, pool, network_.now());
      one.entry->weigh(entry.weight, one.entry->ordered_weight);
      if (one.is_new) {
        one.entry->came_with_pool = pool_of(*backend) == nullptr;
        if (core::serves(one.entry->health.state())) begin_to_serve(*one.entry);
      }
      if (one.change) note(*one.entry, *one.change);
      // One that comes back while its old work still ends is another's no more.
      if (one.is_new) drains_.forget(backend->id());
      ids.insert(backend->id());
      kept.push_back(std::move(one));
    }
  }
  drain_removed(config, ids);
  prober_.drop_others(ids);
  book_.forget_others(ids);
  return kept;
}

void Controller::publish(const std::shared_ptr<const core::Snapshot>& snapshot) {
  publish_(snapshot);
  drains_.published();
  if (first_round_done_ || book_.unchecked() > 0) return;
  first_round_done_ = true;
  first_round_.set(network_.ready());
}

void Controller::refuse(std::string reason) {
  record({.kind = Occurrence::Kind::refused, .reason = std::move(reason)});
}

void Controller::begin_drain() {
  if (std::exchange(draining_, true)) return;
  if (snapshot()) {
    drain_deadline_ = saturating_add(network_.now(), snapshot()->config->drain_timeout);
  }
  record({.kind = Occurrence::Kind::draining,
          .reason = "no new connections; exchanges in flight may end"});
}

void Controller::hear(const core::Trouble& trouble) {
  HealthEntry* entry = book_.find(trouble.backend);
  if (!entry) return;
  if (core::is_connect_failure(trouble.outcome)) {
    step(trouble.backend, core::ConnectFailed{*trouble.outcome.failed, trouble.began});
    prober_.poke(trouble.backend);
  }
  const core::PoolSnapshot* pool = pool_of(*entry->backend);
  if (!trouble.in_row || !pool) return;
  entry->last_error = core::words_for(trouble.outcome);
  // A success may have come since: the row was one all the same.
  const uint32_t limit = pool->config->passive.consecutive_errors;
  referee_.errors_in_row(*pool, *entry, std::max(limit, entry->backend->errors_in_row()));
}

void Controller::step(uint32_t id, const core::HealthEvent& event) {
  HealthEntry* entry = book_.find(id);
  if (!entry) return;  // news of a backend that a reload has removed
  const auto change = entry->health.step(event, network_.now());
  if (change) {
    if (const auto* eject = std::get_if<core::Eject>(&event)) {
      ++entry->ejections[static_cast<size_t>(eject->reason)];
      prober_.poke(id);  // it has another time to wake
    }
    note(*entry, *change);
  }
  refresh(*entry);
  if (change) tell_state(*entry->backend, *change);
}

// What a change of state means beyond it.
void Controller::note(HealthEntry& entry, const core::Change& change) {
  if (change.to != core::State::degraded) entry.ejection_withheld = false;
  if (core::serves(change.to) && !core::serves(change.from)) begin_to_serve(entry);
  if (!core::serves(change.to)) entry.serves_since = kNever;
  entry.is_closed = false;
  if (core::is_to_finish(change.to))
    drains_.begin(entry.backend, entry.drain_timeout,
                  entry.lingers && change.to == core::State::draining);
  else
    drains_.forget(entry.backend->id());
  entry.came_with_pool = false;
}

// Old errors are forgotten; and whoever joins others that are at work warms up first.
void Controller::begin_to_serve(HealthEntry& entry) {
  const Instant now = network_.now();
  entry.backend->forget_errors();
  entry.window.restart(core::rate_of(entry.backend->tally()), now);
  entry.warms_up =
      entry.slow_start > Duration::zero() && !entry.came_with_pool && others_serve(entry);
  entry.serves_since = now;
}

bool Controller::others_serve(const HealthEntry& entry) const {
  const core::PoolSnapshot* pool = pool_of(*entry.backend);
  if (!pool) return false;
  const Instant now = network_.now();
  return std::ranges::any_of(pool->members, [&](const core::Member& member) {
    const HealthEntry* other = book_.find(member.backend->id());
    return other && other != &entry && other->weight > 0 && other->serves_since != kNever &&
           now - other->serves_since >= kTogether;
  });
}

const core::PoolSnapshot* Controller::pool_of(const core::Backend& backend) const {
  if (!publisher_.current()) return nullptr;
  const auto index = core::find_pool(*publisher_.current(), backend.pool());
  return index ? publisher_.current()->pools[*index].get() : nullptr;
}

// Tells the workers, if what they know of it has changed.
void Controller::refresh(HealthEntry& entry) {
  const Instant now = network_.now();
  if (entry.warms_up && now - entry.serves_since >= entry.slow_start) entry.warms_up = false;
  const core::Standing standing = entry.standing(now);
  if (standing == entry.told) return;
  entry.told = standing;
  publisher_.flip(*entry.backend, standing);
}

// kNever - now, as it were, where nothing is to be looked at.
Duration Controller::pause_between_looks() const {
  Duration pause = Duration::max();
  if (!publisher_.current()) return pause;
  for (const auto& pool : publisher_.current()->pools) {
    const core::PoolConfig& config = *pool->config;
    if (config.passive.on) pause = std::min(pause, config.passive.error_rate.window / 10);
    if (config.slow_start > Duration::zero()) pause = std::min(pause, config.slow_start / 20);
  }
  return pause == Duration::max() ? pause : std::clamp(pause, kShortestPause, kLongestPause);
}

net::Task<void> Controller::look() {
  while (true) {
    const Instant next = saturating_add(network_.now(), pause_between_looks());
    if (co_await net::wait_for(alarm_, next, reloaded_) == net::Woke::deadline) look_once();
    reloaded_.clear();
  }
}

void Controller::look_once() {
  const Publisher::SnapshotPtr snapshot = publisher_.current();
  if (!snapshot) return;
  for (const auto& pool : snapshot->pools) {
    referee_.review(*pool, network_.now());
    for (const core::Member& member : pool->members) {
      HealthEntry* entry = book_.find(member.backend->id());
      if (entry && entry->warms_up) refresh(*entry);
    }
  }
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
