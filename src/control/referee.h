// Referee: ejects and degrades backends by what traffic met there, pool by pool.
//
// Reads the tallies of a pool's backends into their windows, asks core/outlier what that means, and
// tells the health of each. What it refuses: an ejection that the pool cannot do without
// (core::may_eject), which is said instead, once. Control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "control/health_book.h"
#include "core/health.h"
#include "core/snapshot.h"

namespace fairlead::control {

class Referee {
 public:
  struct Calls {
    // A Rated or an Eject event for the health of this backend; obeyed before it returns.
    std::function<void(uint32_t id, const core::HealthEvent&)> tell;
    // An ejection that was deserved and did not happen, and why not.
    std::function<void(const core::Backend&, std::string reason)> withheld;
  };
  Referee(HealthBook& book, Calls calls) : book_(book), calls_(std::move(calls)) {}

  // Error rates and outliers, and those whose ejection was withheld; to be called once a second.
  // Cost: a few reads for each backend and worker.
  void review(const core::PoolSnapshot& pool, Instant now);
  // A backend of the pool has made `count` errors in a row: it goes at once if that is too many.
  void errors_in_row(const core::PoolSnapshot& pool, HealthEntry& entry, uint32_t count);

 private:
  struct Case {
    HealthEntry* entry;
    core::Rate rate;
  };
  std::vector<Case> cases_of(const core::PoolSnapshot& pool, Instant now);
  void eject(const core::PoolSnapshot& pool, HealthEntry& entry, core::EjectReason reason,
             const std::string& why);

  HealthBook& book_;
  Calls calls_;
};

}  // namespace fairlead::control
