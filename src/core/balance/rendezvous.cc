// rendezvous: the backend whose hash with the key is the highest, by weight.
//
// Even, exact with any weights, and the least movement that there can be; but it asks every backend
// at every pick. For pools of some dozens; beyond, maglev.
#include "core/balance/consistent.h"
#include "core/balance/rendezvous_list.h"

namespace fairlead::core {

std::unique_ptr<Balancer> make_rendezvous(const BalanceConfig& config, uint32_t) {
  return std::make_unique<Consistent<RendezvousList>>(config);
}

std::shared_ptr<const Plan> plan_rendezvous(const BalanceConfig&,
                                            std::span<const Candidate> candidates, uint32_t) {
  return std::make_shared<const RendezvousList>(candidates);
}

}  // namespace fairlead::core
