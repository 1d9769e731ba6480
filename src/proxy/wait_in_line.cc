#include "proxy/wait_in_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "net/wait.h"
#include "proxy/forward_rules.h"
#include "proxy/worker.h"

namespace fairlead::proxy {
namespace {

// How one who waits is called, by whichever worker has made room. It outlives him, for the call may
// be on its way.
struct Turn {
  net::Event called;
};

std::function<void()> caller(net::Network& network, const std::shared_ptr<Turn>& turn) {
  return
      [&network, turn] { network.post([&network, turn] { turn->called.set(network.ready()); }); };
}

}  // namespace

net::Task<Result<core::Lease>> wait_in_line(Worker& worker, core::Pool& pool,
                                            const core::Attempts& attempts, net::Alarm& alarm,
                                            net::Event& gone, Instant until) {
  net::Network& network = worker.network();
  const core::QueueConfig queue = pool.config().queue;
  const Instant deadline = saturating_add(network.now(), queue.timeout);
  const auto turn = std::make_shared<Turn>();
  auto place = pool.line().join(queue.limit, caller(network, turn));
  if (!place) {
    pool.tally().queue_full.add();
    co_return fail(Code::queue_full, Side::internal,
                   fmt::format("every backend is at its max_connections, and {} wait already: the "
                               "limit of the queue",
                               queue.limit));
  }
  pool.tally().queued.add();
  for (bool look = place->is_first();; look = turn->called.is_set()) {
    if (look) {
      turn->called.clear();
      place->answer_call();
      auto lease =
          pool.pick_in_turn(attempts.key(), attempts.tried(), worker.random(), network.now());
      if (lease) co_return std::move(*lease);
      if (lease.error() == core::Refusal::none_eligible)
        co_return fail(Code::no_backend, Side::internal, "no eligible backend in the pool");
    }
    const net::Woke woke =
        co_await net::wait_for(alarm, std::min(deadline, until), turn->called, gone);
    if (gone.is_set())
      co_return fail(Code::cancelled, Side::downstream, "the client broke off while it waited");
    if (woke == net::Woke::event) continue;
    if (network.now() >= until) co_return std::unexpected(caller_gave_up());
    pool.tally().queue_timeout.add();
    co_return fail(Code::queue_timeout, Side::internal,
                   fmt::format("every backend was at its max_connections for {} s",
                               to_seconds(queue.timeout)));
  }
}

}  // namespace fairlead::proxy
