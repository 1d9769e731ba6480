// Shedding: what is refused when there is more work than a worker can do.
//
// A loop that lags keeps everybody waiting, and the waiting itself costs: buffers, time-outs,
// clients that ask again. So what matters least is refused first, at once and cheaply, that the
// rest may be served in time. The lag is the loop's smoothed time for one turn (net::Network::lag).
#pragma once

#include "core/config/config.h"

namespace fairlead::core {

// Whether work of this priority is refused. `limit`: Config::shed; zero: nothing ever is.
constexpr bool is_shed(Priority priority, Duration lag, Duration limit) {
  if (limit == Duration::zero() || priority == Priority::high) return false;
  return lag >= (priority == Priority::low ? limit : 2 * limit);
}

}  // namespace fairlead::core
