// maglev: the key's slot in a table of 65537, or another prime.
//
// The choice for many instances side by side: a pick is one look into a table, shares are even to
// the slot, and every instance with the same backends has the same table. When a backend leaves,
// some keys of the others move as well: 0.5 % of them at 65537 slots.
#include "core/balance/consistent.h"
#include "core/balance/maglev_table.h"

namespace fairlead::core {

std::unique_ptr<Balancer> make_maglev(const BalanceConfig& config, uint32_t) {
  return std::make_unique<Consistent<MaglevTable>>(config);
}

std::shared_ptr<const Plan> plan_maglev(const BalanceConfig& config,
                                        std::span<const Candidate> candidates, uint32_t) {
  return std::make_shared<const MaglevTable>(candidates, config.table_size);
}

}  // namespace fairlead::core
