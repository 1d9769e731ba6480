#include "proxy/hedge.h"

#include <fmt/format.h>

#include <algorithm>

#include "proxy/forward.h"
#include "proxy/report.h"
#include "proxy/worker.h"

namespace fairlead::proxy {
namespace {

using http::HeadState;
using net::Woke;

// No answer while the first backend may have a better one: an error, or what a retry would follow.
bool is_good(uint16_t status, const core::RetryConfig& retry) {
  return !core::is_error_status(status) &&
         std::ranges::find(retry.on_status, status) == retry.on_status.end();
}

}  // namespace

Instant hedge_due(const core::HedgeConfig& config, const core::Percentile& typical, Instant now) {
  const Duration after = config.share > 0 ? typical.value() : config.after;
  return config.on() ? saturating_add(now, after) : kNever;
}

Hedge::Hedge(Worker& worker, core::Pool& pool, const core::Attempts& attempts,
             const http::Request& request, const ForwardRules& rules, Instant due)
    : worker_(worker),
      pool_(pool),
      attempts_(attempts),
      request_(request),
      rules_(rules),
      alarm_(worker.network().wheel()) {
  task_.spawn(run(due));
}

void Hedge::lose() {
  if (lease_) lease_->overtaken(worker_.network().now());
  cancel();
}

void Hedge::cancel() {
  task_.cancel_all();
  lease_.reset();
  leave_.give_back();
  errand_.reset();
  answer_ = {};
}

net::Task<void> Hedge::run(Instant due) {
  co_await net::sleep_until(alarm_, due);
  if (!pick()) co_return;
  auto done = co_await connect();
  if (done) done = co_await ask();
  if (done) done = co_await read_head();
  const bool is_reused = answer_.upstream && answer_.upstream->is_reused();
  if (!done) {
    conclude(core::Outcome::failure(done.error(), is_reused));
  } else if (!is_good(answer_.head->status, attempts_.config())) {
    conclude(core::Outcome::success(answer_.head->status, worker_.network().now() - answer_.began));
  } else {
    leave_.give_back();
    errand_.reset();
    pool_.tally().hedges_won.add();
    answered_.set(worker_.network().ready());
  }
  over_.set(worker_.network().ready());
}

// Nobody who waits in line is overtaken, and the budget of retries is this one's as well.
bool Hedge::pick() {
  const Instant now = worker_.network().now();
  if (pool_.config().max_connections > 0 && pool_.line().waiting() > 0) return false;
  core::Tried tried = attempts_.tried();
  tried.exclude(spared_);
  leave_ = pool_.leave_to_retry(attempts_.config().budget, {});
  if (!leave_) return false;
  auto lease = pool_.pick(attempts_.key(), tried, worker_.random(), now);
  if (!lease) {
    leave_.give_back();
    return false;
  }
  lease_ = std::move(*lease);
  asked_ = lease_->backend().id();
  errand_.emplace(worker_.errands(), *asked_, now);
  pool_.tally().hedges.add();
  answer_.began = now;
  const Duration patience = rules_.per_try_timeout > Duration::zero()
                                ? std::min(rules_.per_try_timeout, rules_.timeout)
                                : rules_.timeout;
  deadline_ = saturating_add(now, patience);
  return true;
}

net::Task<Result<void>> Hedge::connect() {
  const core::Backend& backend = lease_->backend();
  answer_.upstream = worker_.upstreams().take(backend.id(), {.sure = true});
  if (answer_.upstream) co_return {};
  const Instant deadline = saturating_add(answer_.began, rules_.pool->connect_timeout);
  auto stream = co_await worker_.dialer().dial(
      *rules_.pool, backend, protocols_of(*rules_.pool, false), std::min(deadline, deadline_),
      {.off = &errand_->called_off()});
  const bool too_slow = !stream && stream.error().code == Code::connect_timeout &&
                        worker_.network().now() >= deadline_;
  if (too_slow) co_return std::unexpected(too_late());
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  answer_.upstream = worker_.upstreams().wrap(backend.id(), std::move(*stream), *rules_.pool);
  co_return {};
}

net::Task<Result<void>> Hedge::ask() {
  http::Client& client = answer_.upstream->client();
  if (!client.send(request_, host_of(lease_->backend())))
    co_return fail(Code::malformed, Side::downstream, "a field of the request cannot be passed on");
  while (true) {
    const net::Io io = client.sink().finish({});
    // It may have answered before it broke off: reading tells.
    if (io.state != net::Io::State::blocked) co_return {};
    const Woke woke = co_await net::wait_for(alarm_, deadline_, client.stream().writable(),
                                             errand_->called_off());
    if (errand_->called_off().is_set()) co_return fail(Code::draining, Side::internal, "drained");
    if (woke == Woke::deadline) co_return std::unexpected(too_late());
  }
}

net::Task<Result<void>> Hedge::read_head() {
  http::Client& client = answer_.upstream->client();
  answer_.head = http::take_response();
  uint32_t interim_heads = 0;
  while (true) {
    switch (client.read_head(*answer_.head)) {
      case HeadState::complete:
        // What comes ahead of the response is the first backend's to say.
        if (answer_.head->status >= 200) co_return {};
        if (answer_.head->status != 101 && ++interim_heads <= http::kMostInterimHeads) continue;
        co_return fail(Code::malformed, Side::upstream, "interim responses that nobody asked for");
      case HeadState::end:
        co_return fail(Code::closed, Side::upstream, "closed before its response",
                       answer_.upstream->client().again());
      case HeadState::fault: co_return std::unexpected(client.error());
      case HeadState::failed: {
        Error error = client.error();
        error.again = answer_.upstream->client().again();
        co_return std::unexpected(std::move(error));
      }
      case HeadState::blocked: break;
    }
    const Woke woke = co_await net::wait_for(alarm_, deadline_, client.stream().readable(),
                                             errand_->called_off());
    if (errand_->called_off().is_set()) co_return fail(Code::draining, Side::internal, "drained");
    if (woke == Woke::deadline) co_return std::unexpected(too_late());
  }
}

Error Hedge::too_late() const {
  return {Code::timeout, Side::upstream, Again::no,
          fmt::format("{} has not begun its response in time", lease_->backend().text())};
}

// Without an answer that could be passed on.
void Hedge::conclude(const core::Outcome& outcome) {
  report(worker_, *lease_, outcome, answer_.began);
  leave_.give_back();
  errand_.reset();
  lease_.reset();
  answer_ = {};
}

}  // namespace fairlead::proxy
