// Tiers: which members of a pool get new work now, and with what weight.
//
// Settled once when a pool's snapshot is made, so that no balancer knows of backups, zones or
// tiers: it sees candidates with weights. Of the members whose state makes them eligible (Basis),
// in this order:
//
//   backup     backups only where no other member is left
//   priority   tier 0 first. As long as 1/1.4 of a tier's weight is usable it carries everything;
//              below that the part that is missing spills to the next tier, in proportion
//   zone       within a tier, the same between the instance's own zone and all others
//   subset     of those, as many as one instance is to use, spread evenly over all instances
//
// `backup` is what HAProxy and nginx mean by it; `priority` and `zone` spill as Envoy's do, with
// its reserve of 1.4: a tier is built with room to spare, so that losing one in four is no
// emergency.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/snapshot.h"

namespace fairlead::core {

struct Settled {
  // Of each member; 0: no new work. The configured ones as long as nothing is shared out and all
  // have their full share.
  std::vector<uint32_t> weights;
  std::vector<Use> uses;  // of each member: `used` where its weight is above 0
  // The weight that a member of the least configured weight has among these: what plans that are
  // laid out in absolute numbers count by. Does not change with the members' states.
  uint32_t unit = 1;
  bool on_backup = false;  // only backups are left
};

// REQUIRES: every member's `eligible` says whether its state and its weight allow new work.
// Cost: linear; with a subset, one sort.
Settled settle(std::span<const Member> members, const PoolConfig& config);

}  // namespace fairlead::core
