// Reporting: what became of one use of a backend, to its lease and, where that matters at once, to
// the controller.
#pragma once

#include "core/pool.h"

namespace fairlead::proxy {

class Worker;

// `began`: when the attempt did; of a TCP connection that ended, when the connection did.
void report(Worker& worker, core::Lease& lease, const core::Outcome& outcome, Instant began);

}  // namespace fairlead::proxy
