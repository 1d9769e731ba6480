#include "proxy/hedge.h"

#include <algorithm>

#include "proxy/call.h"
#include "proxy/report.h"
#include "proxy/worker.h"

namespace fairlead::proxy {
namespace {

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
    : worker_(worker), pool_(pool), attempts_(attempts), request_(request), rules_(rules) {
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
  answer_ = {};
}

net::Task<void> Hedge::run(Instant due) {
  {
    net::Alarm alarm(worker_.network().wheel());
    co_await net::sleep_until(alarm, due);
  }
  if (!pick()) co_return;
  Call call(worker_, lease_->backend(), *rules_.pool, patience());
  const auto done = co_await call.run(request_, {});
  if (!done || !is_good(call.status(), attempts_.config())) {
    conclude(call.outcome(done), call.began());
  } else {
    answer_ = call.take();
    leave_.give_back();
    pool_.tally().hedges_won.add();
    answered_.set(worker_.network().ready());
  }
  over_.set(worker_.network().ready());
}

Duration Hedge::patience() const {
  return rules_.per_try_timeout > Duration::zero()
             ? std::min(rules_.per_try_timeout, rules_.timeout)
             : rules_.timeout;
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
  pool_.tally().hedges.add();
  return true;
}

// Without an answer that could be passed on.
void Hedge::conclude(const core::Outcome& outcome, Instant began) {
  report(worker_, *lease_, outcome, began);
  leave_.give_back();
  lease_.reset();
}

}  // namespace fairlead::proxy
