// Preview: what a pool's balancer would do with the next piece of work, without giving it any.
//
// `explain` must not take a lease: that would count as load and write into tallies that belong to
// workers. So it asks a balancer of its own, over the same candidates and the same live loads.
// Knows no algorithm by name: what an algorithm prefers shows in what it picks.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/random.h"
#include "core/balance/balancer.h"
#include "core/snapshot.h"

namespace fairlead::core {

struct Preview {
  // The member that the very next pick takes, where nothing was picked before: certain for
  // algorithms without chance and turns, else one example. Nothing: none is eligible, or none of
  // those has room.
  std::optional<uint32_t> first;
  bool is_full = false;  // none of those that are eligible has room
  // Of each member: the share of picks that would take it while the loads stay as they are.
  std::vector<double> chances;
  Reasoning reasoning;  // by candidate, as in `pool.places`
  Meter meter = Meter::none;
};

// How many picks the chances are taken from where the algorithm cannot tell them: a chance is off
// by at most 5 points, mostly 1.5.
inline constexpr uint32_t kPreviewPicks = 1000;

// `random` is the chance that the first pick sees. Cost: kPreviewPicks picks. Control thread.
Preview preview(const PoolSnapshot& pool, const Key& key, Random random, Instant now);

}  // namespace fairlead::core
