// Waiting for a backend with room: where all that are eligible are at the pool's max_connections,
// work waits in the pool's line (core/waiting_line), for a bounded time and in a bounded number.
#pragma once

#include "base/result.h"
#include "core/pool.h"
#include "core/retry.h"
#include "net/alarm.h"
#include "net/event.h"
#include "net/task.h"

namespace fairlead::proxy {

class Worker;

// A lease when it is our turn. Else why not: queue_full (at once), queue_timeout, timeout (the
// caller's `until` came before the queue's own), no_backend (there is none any more that may get
// work), or cancelled (`gone` was set: nobody asks any more). `attempts` says for what key, and who
// was tried before; it and all else must outlive it.
net::Task<Result<core::Lease>> wait_in_line(Worker& worker, core::Pool& pool,
                                            const core::Attempts& attempts, net::Alarm& alarm,
                                            net::Event& gone, Instant until);

}  // namespace fairlead::proxy
