#include "core/retry.h"

#include <algorithm>

namespace fairlead::core {
namespace {

bool is_stale(const Outcome& outcome) { return outcome.reused && broke_off(outcome); }

}  // namespace

bool Attempts::allowed(const Outcome& outcome, bool replayable) const {
  if (outcome.response_started) return false;
  const bool repeatable = idempotent_ && replayable;
  if (!outcome.failed) {
    return repeatable &&
           std::ranges::find(config_->on_status, outcome.status) != config_->on_status.end();
  }
  // Our own doing, at the end of the backend's drain_timeout.
  if (outcome.failed == Code::draining) {
    return outcome.again == Again::yes || (repeatable && outcome.again != Again::no);
  }
  if (outcome.side != Side::upstream) return false;
  // Its own limit (per_try_timeout): whoever sets one has said what follows.
  if (outcome.failed == Code::timeout) {
    return replayable &&
           (outcome.again == Again::yes || (idempotent_ && outcome.again != Again::no));
  }
  if (is_connect_failure(*outcome.failed)) return config_->on_connect;
  if (!broke_off(outcome)) return false;
  // Of a request of which nothing was sent the body's beginning may be gone all the same, with what
  // waited to be sent.
  const bool safe = replayable && (outcome.again == Again::yes || idempotent_);
  return safe && (config_->on_reset || (outcome.reused && !stale_forgiven_));
}

Next Attempts::decide(const Outcome& outcome, uint32_t backend, bool replayable) {
  if (!allowed(outcome, replayable)) return Next::done;
  const bool stale = is_stale(outcome);
  charged_ = !outcome.failed || *outcome.failed == Code::timeout;
  if (stale && !stale_forgiven_) {
    stale_forgiven_ = true;
  } else if (retries_ < config_->attempts) {
    ++retries_;
  } else {
    return Next::done;
  }
  ++number_;
  fresh_ = stale;
  if (stale) {
    tried_.avoid(backend);
  } else {
    tried_.exclude(backend);
  }
  return Next::again;
}

}  // namespace fairlead::core
