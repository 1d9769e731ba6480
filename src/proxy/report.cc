#include "proxy/report.h"

#include "proxy/worker.h"

namespace fairlead::proxy {

void report(Worker& worker, core::Lease& lease, const core::Outcome& outcome, Instant began) {
  const core::Notice notice = lease.report(outcome, worker.network().now());
  if (notice == core::Notice::nothing) return;
  worker.outside().tell({.backend = lease.backend().id(),
                         .outcome = outcome,
                         .in_row = notice == core::Notice::trouble_in_row,
                         .began = began});
}

}  // namespace fairlead::proxy
