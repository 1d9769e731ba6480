// Prober: one task for each backend: probes it when that is due, and tells what came of it.
//
// When a probe is due is core::Health's decision; how one is done is control/probe's. Bounded: at
// most kInFlight probes at once over all backends, so that ten thousand of them cost no descriptors
// that traffic needs. Dropping a backend drops its task, and with it a probe under way.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "base/random.h"
#include "control/health_book.h"
#include "control/probe_slots.h"
#include "control/probe_tls.h"
#include "core/health.h"
#include "net/network.h"
#include "net/scope.h"

namespace fairlead::control {

class Prober {
 public:
  static constexpr uint32_t kInFlight = 256;
  // What happened to the backend of this id: a probe ended, or Woke is due. Must not drop()
  // anything.
  using Tell = std::function<void(uint32_t id, const core::HealthEvent&)>;

  Prober(net::Network& network, uint64_t seed, Tell tell);
  ~Prober();

  // Begins to watch a backend, its first probe at once; one that is watched already is begun anew.
  // The entry outlives the watch.
  void watch(uint32_t id, HealthEntry& entry);
  // Traffic saw something: look again when its next probe is due.
  void poke(uint32_t id);
  void drop_others(const std::set<uint32_t>& ids);

 private:
  struct Watch;
  net::Task<void> run(Watch& watch);
  net::Task<void> probe(Watch& watch);

  net::Network& network_;
  Random random_;
  Tell tell_;
  ProbeSlots slots_;
  ProbeTls tls_;
  std::map<uint32_t, std::unique_ptr<Watch>> watches_;
};

}  // namespace fairlead::control
