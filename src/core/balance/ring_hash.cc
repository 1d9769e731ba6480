// ring_hash: the next backend clockwise on a ring of virtual nodes (150 for each unit of weight).
//
// When a backend leaves, its keys move and no others; that is the least possible. Where evenness
// matters more, maglev; where the pool is small, rendezvous is both.
#include "core/balance/consistent.h"
#include "core/balance/hash_ring.h"

namespace fairlead::core {

std::unique_ptr<Balancer> make_ring_hash(const BalanceConfig& config, uint32_t) {
  return std::make_unique<Consistent<HashRing>>(config);
}

std::shared_ptr<const Plan> plan_ring_hash(const BalanceConfig& config,
                                           std::span<const Candidate> candidates, uint32_t unit) {
  return std::make_shared<const HashRing>(candidates, config.virtual_nodes, unit);
}

}  // namespace fairlead::core
