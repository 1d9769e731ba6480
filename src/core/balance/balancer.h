// Balancer: which of the eligible candidates gets the next piece of work.
//
// One file for each algorithm, one line for it in list.inc. A balancer knows no health and no
// sockets: candidates are eligible by construction (core/pool), loads are asked through Load,
// chance is handed in. Each worker has its own; nothing in here is shared between threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "core/balance/candidate.h"
#include "core/balance/plan.h"
#include "core/balance/reasoning.h"
#include "core/balance/response_time.h"
#include "core/balance/tried.h"
#include "core/config/config.h"

namespace fairlead::core {

// What all workers know together of one backend's load; alone on its cache line, because it is the
// one thing that they share on the data path.
struct alignas(64) LiveLoad {
  std::atomic<uint32_t> active{0};  // leases held now, over all workers
  ResponseTime response;            // kept where the pool's balancer asks for it
};

// The loads of the candidates at one moment, by index. A view: valid during one pick.
class Load {
 public:
  Load(std::span<const LiveLoad* const> live, Instant now) : live_(live), now_(now) {}

  // The exact number of leases held over all workers. Cost: one relaxed read.
  uint32_t active(uint32_t index) const {
    return live_[index]->active.load(std::memory_order_relaxed);
  }
  // The response time that is to be reckoned with, in nanoseconds; 0: never measured.
  double response(uint32_t index, Meter meter) const {
    return live_[index]->response.expected(meter, now_);
  }

 private:
  std::span<const LiveLoad* const> live_;
  Instant now_;
};

class Balancer {
 public:
  virtual ~Balancer() = default;

  // Takes a new candidate set, in the order of the configuration, and what make_plan() gave for it
  // and this balancer's configuration. On a change of the snapshot, never per request; whose turn
  // it is survives as far as the algorithm can carry it over.
  virtual void update(std::span<const Candidate> candidates,
                      const std::shared_ptr<const Plan>& plan) = 0;

  // An index into the candidates of the last update, or nothing when none is left that has weight
  // and was not tried. `load` has an entry for every candidate.
  // Cost: O(1) expected (O(n) for least_connections, least_time, rendezvous, and under a bounded
  // load), no allocation.
  virtual std::optional<uint32_t> pick(const Key& key, const Load& load, const Tried& tried,
                                       Random& random) = 0;

  // What a pick for this key would go by now, nothing tried. For `explain`: allocates; takes no
  // turn.
  virtual Reasoning reasoning(const Key& key, const Load& load) = 0;

  // Where picks are by chance: each candidate's, exactly, for this key and nothing tried. Empty:
  // they are not. For `explain`: allocates; cost O(n^2) at most.
  virtual std::vector<double> chances(const Key&, const Load&) const { return {}; }

  // The response times that it wants to be kept.
  virtual Meter meter() const { return Meter::none; }
};

// The balancer that `config.algorithm` names, empty until its first update; null for a name that is
// not in list.inc. `start`: how far into its turns it begins, the worker's number, so that several
// workers do not all send their first requests to the first backend.
std::unique_ptr<Balancer> make_balancer(const BalanceConfig& config, uint32_t start = 0);

// Whether the algorithm of this name sends the same key to the same backend.
bool keeps_keys(std::string_view algorithm);

// Every name of list.inc, in its order.
std::span<const std::string_view> balancer_names();

// Whether a candidate with `active` leases and `weight` is less loaded than another, by
// active / weight, without a division. REQUIRES: both weights below 2^32, as they are.
constexpr bool less_loaded(uint32_t active, uint32_t weight, uint32_t other_active,
                           uint32_t other_weight) {
  return uint64_t{active} * other_weight < uint64_t{other_active} * weight;
}

}  // namespace fairlead::core
