// Snapshot: everything that a worker must obey now, immutable and complete.
//
// The first of the two things that cross threads (the other is the Tally), downwards: the
// controller makes it, posts a shared_ptr to every worker, and the old one dies with its last user.
// Parts that did not change are shared: when one backend flips, one PoolSnapshot is made anew and
// the rest is pointers. Live numbers are not in here but in the objects that it points at.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/backend.h"
#include "core/balance/plan.h"
#include "core/config/config.h"
#include "core/registry.h"
#include "core/router.h"
#include "core/split.h"
#include "core/state.h"
#include "core/sticky/names.h"

namespace fairlead::core {

// Why a member gets new work, or the first thing that keeps it out (core/tiers).
enum class Use : uint8_t {
  used,
  weightless,
  state,   // it is not in one that the pool's basis takes
  backup,  // others are healthy
  tier,    // tiers before its own carry everything
  zone,    // the own zone carries everything
  subset,  // for other instances
};

struct Member {
  std::shared_ptr<Backend> backend;
  uint32_t weight = 1;
  State state = State::checking;
  bool eligible = false;  // may receive new work now: all that core/tiers adds up
  Use use = Use::state;   // `used` where it is eligible; settled with it
  uint8_t share = 100;    // percent of its weight that it is given, 1 to 100: slow start, degraded
  bool lingers = false;   // draining, but those who are kept at it stay for now
  // Of the configuration.
  bool backup = false;
  uint32_t priority = 0;
  std::string zone = {};
};

// Whether a client that is kept at it (core/hash_key) goes there still: where the algorithm could
// send others, and also where the member has no weight, is left to others, or drains for a while.
constexpr bool may_keep(const Member& member) {
  return member.eligible || serves(member.state) || member.lingers;
}

// Which members of a pool are eligible: the first of these that any member with weight is in.
// Whichever but the first acts is worth a line in the log and in /ready.
enum class Basis : uint8_t {
  healthy,    // or degraded
  backup,     // only members with `backup` are healthy
  unchecked,  // none is healthy, but some still wait for their first probe
  unhealthy,  // and ejected: `when_none_healthy: use_all`, or probes are off and connects failed
  ejected,    // whose probes pass: better than nobody
  none,       // nobody: requests are answered with 503
};
inline constexpr std::array kBases = {Basis::healthy,   Basis::backup,  Basis::unchecked,
                                      Basis::unhealthy, Basis::ejected, Basis::none};
std::string_view name_of(Basis basis);

struct PoolSnapshot {
  std::shared_ptr<const PoolConfig> config;
  std::vector<Member> members;  // in the order of the configuration
  Basis basis = Basis::none;
  std::shared_ptr<PoolSeries> series;
  std::vector<Candidate> candidates;         // the eligible members, with the weights of core/tiers
  std::vector<uint32_t> places;              // in `members`, of each candidate
  uint32_t unit = 1;                         // of the candidates' weights (core/tiers)
  std::shared_ptr<const Plan> plan;          // of the candidates; null: the algorithm has none
  std::shared_ptr<const StickyNames> names;  // of the members; null: it sets no cookies
};

// Settles `basis`, every member's `eligible`, and the candidates with their plan. Draining,
// disabled and weightless members are never eligible. `before`: an older snapshot of the pool,
// whose plan is shared where it would be the same. `names`: of these members. Cost: linear in the
// members, and that of the plan.
std::shared_ptr<const PoolSnapshot> make_pool_snapshot(
    std::shared_ptr<const PoolConfig> config, std::vector<Member> members,
    std::shared_ptr<PoolSeries> series, const PoolSnapshot* before = nullptr,
    std::shared_ptr<const StickyNames> names = nullptr);

struct ListenerSnapshot {
  std::shared_ptr<const ListenerConfig> config;
  Router router;
  std::shared_ptr<ListenerSeries> series;
  // Of requests that took no route: refused ones, and those that none matched. Its route is "".
  std::shared_ptr<const RouteSeries> unrouted;
};

// What cookies are sealed with: the configuration's secrets, or one that was made up.
using SealKeys = std::vector<std::string>;

struct Snapshot {
  uint64_t generation = 0;  // of the configuration: 1 at the start, one more at each reload
  uint64_t version = 0;     // rises with every snapshot that is made
  std::shared_ptr<const Config> config;
  std::vector<std::shared_ptr<const ListenerSnapshot>> listeners;  // as in config->listeners
  std::vector<std::shared_ptr<const PoolSnapshot>> pools;          // as in config->pools
  std::vector<std::shared_ptr<const Split>> splits;                // in the order of their routes
  // What cookies are sealed with; the same object until it is another. Null: nobody said.
  std::shared_ptr<const SealKeys> seal_keys;
};

// What the controller knows of one backend beyond its configuration.
struct Standing {
  State state = State::checking;
  uint32_t weight = 1;
  uint8_t share = 100;
  bool lingers = false;  // as in Member
  bool operator==(const Standing&) const = default;
};
using StandingOf = std::function<Standing(const Backend&, const BackendConfig&)>;

// The snapshot of a new configuration. Backends and series that the registry knows are kept, others
// are made. `version` is to be above that of the snapshot before, whose plans are shared where they
// would be the same. `seal`: what pools name their backends by in cookies; null: they set none.
// REQUIRES: pools that routes name exist (parsing has seen to it). Cost: about 1 us for each
// backend, and that of the plans. Control thread.
std::shared_ptr<const Snapshot> make_snapshot(std::shared_ptr<const Config> config,
                                              Registry& registry, uint64_t generation,
                                              uint64_t version, const StandingOf& standing_of,
                                              const Snapshot* before = nullptr,
                                              const Seal* seal = nullptr);

// The same snapshot with other weights in one split, in the order of its parts; version + 1.
// REQUIRES: one of them is above 0.
std::shared_ptr<const Snapshot> with_split_weights(const Snapshot& before, uint32_t split,
                                                   std::span<const uint32_t> weights);

struct Flip {
  uint32_t backend = 0;  // its id
  Standing standing;
};

// The same snapshot with other standings in one pool, version + 1; ids that the pool does not have
// are ignored. Cost: linear in the pool's members and in the number of pools.
std::shared_ptr<const Snapshot> with_flips(const Snapshot& before, uint32_t pool,
                                           std::span<const Flip> flips);

// The index of the pool of this name. Linear: for the controller.
std::optional<uint32_t> find_pool(const Snapshot& snapshot, std::string_view name);

}  // namespace fairlead::core
