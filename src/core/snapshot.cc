#include "core/snapshot.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "base/check.h"
#include "core/tiers.h"

namespace fairlead::core {
namespace {

using PoolIndexes = std::unordered_map<std::string_view, uint32_t>;

// A pointer to a part of the configuration that keeps the whole alive.
template <typename Part>
std::shared_ptr<const Part> part_of(const std::shared_ptr<const Config>& config, const Part& part) {
  return std::shared_ptr<const Part>(config, &part);
}

bool any_in(const std::vector<Member>& members, State state) {
  return std::ranges::any_of(members,
                             [&](const Member& m) { return m.weight > 0 && m.state == state; });
}

// Without probes a failed connect is a guess of seconds: better to try again than to refuse.
bool may_use_unhealthy(const PoolConfig& config) {
  return !config.reject_when_none_healthy || config.health.kind == ProbeConfig::Kind::off;
}

Basis basis_of(const PoolConfig& config, const std::vector<Member>& members) {
  if (any_in(members, State::healthy) || any_in(members, State::degraded)) return Basis::healthy;
  if (any_in(members, State::checking)) return Basis::unchecked;
  if (may_use_unhealthy(config) && any_in(members, State::unhealthy)) return Basis::unhealthy;
  // An ejection is a guess, and these pass their probes: they are no reason for a 503.
  if (any_in(members, State::ejected)) return Basis::ejected;
  return Basis::none;
}

bool is_in(State state, Basis basis) {
  switch (basis) {
    case Basis::healthy:
    case Basis::backup: return serves(state);
    case Basis::unchecked: return state == State::checking;
    case Basis::unhealthy: return state == State::unhealthy || state == State::ejected;
    case Basis::ejected: return state == State::ejected;
    case Basis::none: return false;
  }
  return false;
}

std::shared_ptr<const StickyNames> names_of(const PoolConfig& pool,
                                            const std::vector<Member>& members, const Seal* seal) {
  if (seal == nullptr || pool.sticky.kind != StickyConfig::Kind::cookie) return nullptr;
  std::vector<StickyNames::Backend> backends;
  for (const Member& member : members)
    backends.push_back({member.backend->id(), member.backend->text()});
  return std::make_shared<const StickyNames>(pool.name, backends, *seal);
}

std::shared_ptr<const PoolSnapshot> new_pool(const std::shared_ptr<const Config>& config,
                                             const PoolConfig& pool, Registry& registry,
                                             const StandingOf& standing_of,
                                             const PoolSnapshot* before, const Seal* seal) {
  std::vector<Member> members;
  members.reserve(pool.backends.size());
  for (const BackendConfig& entry : pool.backends) {
    auto backend = registry.backend(pool.name, entry.address);
    const Standing standing = standing_of(*backend, entry);
    members.push_back({.backend = std::move(backend),
                       .weight = standing.weight,
                       .state = standing.state,
                       .share = standing.share,
                       .lingers = standing.lingers,
                       .backup = entry.backup,
                       .priority = entry.priority,
                       .zone = entry.zone});
  }
  auto names = names_of(pool, members, seal);
  return make_pool_snapshot(part_of(config, pool), std::move(members), registry.pool(pool.name),
                            before, std::move(names));
}

std::shared_ptr<const Split> new_split(const ListenerConfig& listener, const RouteConfig& route,
                                       const ToSplit& to, const PoolIndexes& pools,
                                       Registry& registry) {
  std::vector<SplitPart> parts;
  for (const ToSplit::Part& part : to.parts) {
    const auto found = pools.find(part.pool);
    CHECK(found != pools.end());
    parts.push_back({.pool = found->second,
                     .name = part.pool,
                     .weight = part.weight,
                     .file_weight = part.weight,
                     .series = registry.route(listener.name, route.name, part.pool)});
  }
  return std::make_shared<const Split>(listener.name, route.name, std::move(parts));
}

using Splits = std::vector<std::shared_ptr<const Split>>;

bool has_filters(const ListenerConfig& listener, const RouteConfig& route) {
  return route.rewrite.any() || route.request_headers.any() || route.response_headers.any() ||
         route.max_body > 0 || route.max_connections > 0 || route.buffer.any() ||
         route.mirror.any() || listener.trace.on;
}

Route new_route(const ListenerConfig& listener, uint32_t index, const PoolIndexes& pools,
                Registry& registry, Splits& splits) {
  const RouteConfig& config = listener.routes[index];
  Route route{.config = &config,
              .index = index,
              .pool = {},
              .mirror = {},
              .has_filters = has_filters(listener, config),
              .series = nullptr};
  std::string pool_name;
  if (const auto* to = std::get_if<ToPool>(&config.action)) {
    const auto found = pools.find(to->pool);
    CHECK(found != pools.end());
    route.pool = found->second;
    pool_name = to->pool;
  } else if (const auto* several = std::get_if<ToSplit>(&config.action)) {
    route.split = static_cast<uint32_t>(splits.size());
    splits.push_back(new_split(listener, config, *several, pools, registry));
  }
  if (config.mirror.any()) {
    const auto found = pools.find(config.mirror.pool);
    CHECK(found != pools.end());
    route.mirror = found->second;
  }
  route.series = registry.route(listener.name, config.name, pool_name);
  return route;
}

std::shared_ptr<const ListenerSnapshot> new_listener(const std::shared_ptr<const Config>& config,
                                                     const ListenerConfig& listener,
                                                     const PoolIndexes& pools, Registry& registry,
                                                     Splits& splits) {
  std::vector<Route> routes;
  for (uint32_t i = 0; i < listener.routes.size(); ++i) {
    routes.push_back(new_route(listener, i, pools, registry, splits));
  }
  return std::make_shared<const ListenerSnapshot>(
      ListenerSnapshot{part_of(config, listener), Router(std::move(routes)),
                       registry.listener(listener.name), registry.route(listener.name, "", "")});
}

using PoolsByName = std::unordered_map<std::string_view, const PoolSnapshot*>;

PoolsByName pools_of(const Snapshot* snapshot) {
  PoolsByName pools;
  if (snapshot == nullptr) return pools;
  for (const auto& pool : snapshot->pools) pools.emplace(pool->config->name, pool.get());
  return pools;
}

// Whether a plan for one would be a plan for the other. Ids do not matter to plans.
bool have_same_plan(const PoolSnapshot& a, const PoolSnapshot& b) {
  return a.unit == b.unit && a.config->balance == b.config->balance &&
         std::ranges::equal(a.candidates, b.candidates, [](const Candidate& x, const Candidate& y) {
           return x.identity == y.identity && x.weight == y.weight;
         });
}

}  // namespace

std::string_view name_of(Basis basis) {
  switch (basis) {
    case Basis::healthy: return "healthy";
    case Basis::backup: return "backup";
    case Basis::unchecked: return "unchecked";
    case Basis::unhealthy: return "unhealthy";
    case Basis::ejected: return "ejected";
    case Basis::none: return "none";
  }
  return "none";
}

std::shared_ptr<const PoolSnapshot> make_pool_snapshot(std::shared_ptr<const PoolConfig> config,
                                                       std::vector<Member> members,
                                                       std::shared_ptr<PoolSeries> series,
                                                       const PoolSnapshot* before,
                                                       std::shared_ptr<const StickyNames> names) {
  const Basis basis = basis_of(*config, members);
  for (Member& member : members) {
    member.eligible = member.weight > 0 && is_in(member.state, basis);
  }
  const Settled settled = settle(members, *config);
  auto pool = std::make_shared<PoolSnapshot>();
  for (uint32_t i = 0; i < members.size(); ++i) {
    members[i].eligible = settled.weights[i] > 0;
    members[i].use = settled.uses[i];
    if (!members[i].eligible) continue;
    const Backend& backend = *members[i].backend;
    pool->candidates.push_back({backend.id(), settled.weights[i], backend.identity()});
    pool->places.push_back(i);
  }
  pool->config = std::move(config);
  pool->members = std::move(members);
  pool->basis = settled.on_backup && basis == Basis::healthy ? Basis::backup : basis;
  pool->series = std::move(series);
  pool->names = std::move(names);
  pool->unit = settled.unit;
  pool->plan = before != nullptr && have_same_plan(*before, *pool)
                   ? before->plan
                   : make_plan(pool->config->balance, pool->candidates, pool->unit);
  return pool;
}

std::shared_ptr<const Snapshot> make_snapshot(std::shared_ptr<const Config> config,
                                              Registry& registry, uint64_t generation,
                                              uint64_t version, const StandingOf& standing_of,
                                              const Snapshot* before, const Seal* seal) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->generation = generation;
  snapshot->version = version;
  PoolIndexes indexes;
  const PoolsByName known = pools_of(before);
  for (const PoolConfig& pool : config->pools) {
    indexes.emplace(pool.name, static_cast<uint32_t>(snapshot->pools.size()));
    const auto found = known.find(pool.name);
    snapshot->pools.push_back(new_pool(config, pool, registry, standing_of,
                                       found == known.end() ? nullptr : found->second, seal));
  }
  for (const ListenerConfig& listener : config->listeners) {
    snapshot->listeners.push_back(
        new_listener(config, listener, indexes, registry, snapshot->splits));
  }
  snapshot->config = std::move(config);
  return snapshot;
}

std::shared_ptr<const Snapshot> with_flips(const Snapshot& before, uint32_t pool,
                                           std::span<const Flip> flips) {
  CHECK(pool < before.pools.size());
  std::vector<Member> members = before.pools[pool]->members;
  for (const Flip& flip : flips) {
    auto found = std::ranges::find_if(
        members, [&](const Member& m) { return m.backend->id() == flip.backend; });
    if (found == members.end()) continue;
    found->state = flip.standing.state;
    found->weight = flip.standing.weight;
    found->share = flip.standing.share;
    found->lingers = flip.standing.lingers;
  }
  auto after = std::make_shared<Snapshot>(before);
  ++after->version;
  after->pools[pool] =
      make_pool_snapshot(before.pools[pool]->config, std::move(members), before.pools[pool]->series,
                         before.pools[pool].get(), before.pools[pool]->names);
  return after;
}

std::shared_ptr<const Snapshot> with_split_weights(const Snapshot& before, uint32_t split,
                                                   std::span<const uint32_t> weights) {
  CHECK(split < before.splits.size());
  const Split& old = *before.splits[split];
  CHECK(weights.size() == old.parts().size());
  std::vector<SplitPart> parts = old.parts();
  for (size_t i = 0; i < parts.size(); ++i) parts[i].weight = weights[i];
  auto after = std::make_shared<Snapshot>(before);
  ++after->version;
  after->splits[split] =
      std::make_shared<const Split>(old.listener(), old.route(), std::move(parts));
  return after;
}

std::optional<uint32_t> find_pool(const Snapshot& snapshot, std::string_view name) {
  auto found = std::ranges::find_if(snapshot.pools,
                                    [&](const auto& pool) { return pool->config->name == name; });
  if (found == snapshot.pools.end()) return {};
  return static_cast<uint32_t>(found - snapshot.pools.begin());
}

}  // namespace fairlead::core
