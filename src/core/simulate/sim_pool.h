// SimPool: a core::Pool as one worker has it, with the snapshots that a controller would send it.
//
// The one place of the simulator that picks and reports, so it follows the product's interface.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/pool.h"
#include "core/registry.h"
#include "core/snapshot.h"

namespace fairlead::core {

class SimPool {
 public:
  // Every backend is healthy.
  explicit SimPool(PoolConfig config);

  std::optional<Lease> pick(const Key& key, const Tried& tried, Random& random, Instant now);
  // Ends the lease.
  Notice report(Lease lease, const Outcome& outcome, Instant now);

  // Obeys another configuration, as a reload would make it.
  void change(PoolConfig config);
  // This backend is found to be down.
  void lose(uint32_t backend);
  const PoolSnapshot& snapshot() const { return pool_.snapshot(); }
  // The backend's id, for as long as the simulation runs.
  uint32_t id_of(const Address& address);

 private:
  void obey();

  Registry registry_{1};
  std::shared_ptr<const Config> config_;
  std::vector<uint32_t> lost_;
  std::vector<std::shared_ptr<const Snapshot>>
      kept_;  // so that ids and numbers are never forgotten
  Pool pool_{0};
};

}  // namespace fairlead::core
