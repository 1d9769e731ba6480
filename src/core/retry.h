// Retry: whether an exchange that failed at one backend goes to another.
//
// The rules are here alone; the data path tells what happened (Outcome) and does what it is told.
//
//   what happened                                     tried again
//   bytes of a response went to the client            never
//   the client's fault, or it went away               never
//   connect refused, unreachable, timed out           on.connect: always, nothing was sent
//   reset or closed before the response,
//     nothing was sent                                on.reset, if replayable
//     sent                                            on.reset, if idempotent and replayable
//   cut off when its backend had to be drained,
//     nothing was sent                                always
//     sent, before the response                       if idempotent and replayable
//   a status of on.status                             if idempotent and replayable
//   slower than per_try_timeout,
//     nothing was sent                                if replayable
//     sent                                            if idempotent and replayable
//   anything else (too slow, malformed, ...)          never
//
// A reused connection that turns out to be dead costs no attempt, once: it is nobody's failure that
// an idle connection was closed (RFC 9112 9.3.1), and the next attempt is on a fresh connection.
// An attempt behind a status or per_try_timeout, for which a backend has worked already, is charged
// to the pool's budget (core/retry_budget). One behind a broken connection is not: it adds no load,
// for the backend that broke off does not do the work, and they are bounded by `attempts`.
#pragma once

#include <cstdint>

#include "core/balance/balancer.h"
#include "core/config/config.h"
#include "core/outcome.h"

namespace fairlead::core {

enum class Next : uint8_t { done, again };

// The attempts of one exchange, at most 1 + RetryConfig::attempts, and one more after a stale
// connection. Legal order of calls: (key tried number fresh charged exclude)* decide, again
// while it says `again`.
class Attempts {
 public:
  // `idempotent`: RFC 9110 9.2.2. The config must outlive this.
  Attempts(const RetryConfig& config, const Key& key, bool idempotent)
      : config_(&config), key_(key), idempotent_(idempotent) {}

  const RetryConfig& config() const { return *config_; }
  const Key& key() const { return key_; }
  const Tried& tried() const { return tried_; }
  uint32_t number() const { return number_; }  // which attempt this is, from 1
  // Whether this attempt must not use an idle connection: the one before had found a dead one.
  bool fresh() const { return fresh_; }
  // Whether this attempt is charged to the budget of retries.
  bool charged() const { return charged_; }

  // Another attempt beside this one went there (a hedge), and failed.
  void exclude(uint32_t backend) { tried_.exclude(backend); }

  // What follows. `backend`: the id of the one that was tried; `replayable`: the request can be
  // sent again from its first byte, its body included.
  Next decide(const Outcome& outcome, uint32_t backend, bool replayable);

 private:
  bool allowed(const Outcome& outcome, bool replayable) const;

  const RetryConfig* config_;
  Key key_;
  Tried tried_;
  uint32_t number_ = 1;
  uint32_t retries_ = 0;
  bool idempotent_;
  bool fresh_ = false;
  bool charged_ = false;
  bool stale_forgiven_ = false;
};

}  // namespace fairlead::core
