// simulate(): a pool under load on a virtual clock, to see what an algorithm makes of it.
//
// The choice is the product's own: core::Pool with its balancer, leases and reports, Attempts for
// retries, snapshots for changes of the pool. Only the world around it is made up: when requests
// come, how long they take, what breaks. The same scenario gives the same numbers on every machine
// that has the same libm, and the same arrivals and durations to every algorithm.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/simulate/key_movement.h"
#include "core/simulate/latencies.h"
#include "core/simulate/scenario.h"
#include "core/simulate/station.h"

namespace fairlead::core {

struct SimulatedBackend {
  std::string address;
  uint32_t weight = 1;  // 0: it was taken out
  uint32_t servers = 1;
  StationLoad load;
};

// One stretch of a run.
struct Stretch {
  uint64_t requests = 0;  // that ended in it, well or not
  uint64_t failed = 0;    // no backend, or every attempt failed
  uint64_t retries = 0;
  Latencies latency;  // of those that ended well, from arrival to end
  Duration length{};
  std::vector<SimulatedBackend> backends;  // in the order of the configuration, added ones last
};

struct Simulated {
  std::string algorithm;
  // One, or two where something happens in between: before and after it.
  std::vector<Stretch> stretches;
  // Of scenarios with removals or additions.
  std::optional<KeyMovement> movement;
};

// One run with the scenario's pool as it is configured. REQUIRES: !fault_of(scenario).
// Cost: about 0.3 us for each request with a pick that is O(1).
Simulated simulate(const Scenario& scenario);

// The pool's settings where it has this algorithm, else those that it has when nothing is said;
// with the scenario's key.
BalanceConfig balance_with(const Scenario& scenario, const std::string& algorithm);

// The same scenario once for each algorithm.
std::vector<Simulated> simulate_each(const Scenario& scenario,
                                     const std::vector<std::string>& algorithms);

// Time in service as a share of what the servers could have given in this stretch: 0 to 1.
double utilisation_of(const SimulatedBackend& backend, const Stretch& stretch);
// How many were in line, on average over time.
double mean_queue_of(const SimulatedBackend& backend, const Stretch& stretch);
// The most loaded backend's requests for each unit of weight, over the mean: 1 is even.
double imbalance_of(const Stretch& stretch);

}  // namespace fairlead::core
