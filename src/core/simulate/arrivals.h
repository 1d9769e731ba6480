// Arrivals: when the next request comes, and whose it is.
#pragma once

#include <cstdint>
#include <optional>

#include "base/instant.h"
#include "base/random.h"
#include "core/balance/balancer.h"
#include "core/simulate/scenario.h"

namespace fairlead::core {

struct Incoming {
  Instant at;
  Key key;
  uint32_t client = 0;  // its number; of a closed run it is told when it was answered
};

// Its own random numbers: the same arrivals whatever the algorithm does with them. Of a closed run
// only the first request of each client comes from here. The scenario must outlive it.
class Arrivals {
 public:
  explicit Arrivals(const Scenario& scenario);

  // Nothing: no more come by themselves. Cost: about 20 ns.
  std::optional<Incoming> next();
  Key key_of(uint32_t client) const;

 private:
  const Scenario& scenario_;
  Random random_;
  uint64_t made_ = 0;
  Instant now_{};
  double mean_gap_ = 0;  // ns
};

}  // namespace fairlead::core
