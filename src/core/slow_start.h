// Slow start: the share of its weight that a backend gets while it warms up.
#pragma once

#include <cstdint>

#include "base/instant.h"

namespace fairlead::core {

// The least share of anybody who gets work at all, in percent: enough to tell how it fares.
inline constexpr uint8_t kLeastShare = 10;
// Shares move in steps, so that a change of a few percent is no new snapshot.
inline constexpr uint8_t kShareStep = 5;

// A share between the least and 100 percent, rounded down to a step.
constexpr uint8_t rounded_share(double percent) {
  if (!(percent > kLeastShare)) return kLeastShare;
  if (percent >= 100) return 100;
  return static_cast<uint8_t>(static_cast<int>(percent) / kShareStep * kShareStep);
}

// The share at `now`, in percent, of a backend that serves since `since`: from kLeastShare in a
// straight line to 100 at since + slow_start. 100 where slow_start is zero.
constexpr uint8_t share_at(Instant since, Instant now, Duration slow_start) {
  if (now - since >= slow_start) return 100;
  const double done = to_seconds(now - since) / to_seconds(slow_start);
  return rounded_share(kLeastShare + (100 - kLeastShare) * done);
}

}  // namespace fairlead::core
