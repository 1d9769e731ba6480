// Hedge: a second backend is asked for the same response while the first keeps the client waiting.
//
// A task of its own beside the first attempt. It sleeps until it is due, asks another backend and
// reads the head of its response; of the client it touches nothing. Whoever has a good head first
// serves the exchange: when `answered` is set, the first attempt ends, and another Forward goes on
// from the answer. A hedge that fails is reported, and changes nothing.
#pragma once

#include <memory>
#include <optional>

#include "core/pool.h"
#include "core/retry.h"
#include "http/exchange.h"
#include "net/event.h"
#include "net/scope.h"
#include "proxy/forward_rules.h"
#include "proxy/upstreams.h"

namespace fairlead::proxy {

class Worker;

// When a second backend is asked, for an attempt that begins now; kNever: not at all. `typical`: of
// the route, see core/percentile.
Instant hedge_due(const core::HedgeConfig& config, const core::Percentile& typical, Instant now);

class Hedge {
 public:
  // `attempts`: of the exchange. All that is given outlives this.
  Hedge(Worker& worker, core::Pool& pool, const core::Attempts& attempts,
        const http::Request& request, const ForwardRules& rules, Instant due);
  Hedge(const Hedge&) = delete;
  ~Hedge() { cancel(); }

  // This backend is asked already.
  void spare(uint32_t backend) { spared_ = backend; }
  // The exchange has its response from another backend.
  void lose();
  // Nobody wants a response any more.
  void cancel();

  // Somebody was asked and may still answer, or has.
  bool is_asking() const { return lease_.has_value(); }
  // Somebody was asked, at any time.
  bool has_asked() const { return asked_.has_value(); }
  // The id of whom. REQUIRES: has_asked().
  uint32_t asked() const { return *asked_; }
  // A good head is here: take() it.
  net::Event& answered() { return answered_; }
  // Nothing more will come of it, or it was answered.
  net::Event& over() { return over_; }

  // REQUIRES: answered, once.
  Answered take() { return std::move(answer_); }
  core::Lease take_lease() { return *std::exchange(lease_, std::nullopt); }

 private:
  net::Task<void> run(Instant due);
  bool pick();
  Duration patience() const;
  void conclude(const core::Outcome& outcome, Instant began);

  Worker& worker_;
  core::Pool& pool_;
  const core::Attempts& attempts_;
  const http::Request& request_;
  const ForwardRules rules_;  // a copy: it may outlast the visit to the pool
  uint32_t spared_ = 0;
  std::optional<uint32_t> asked_;
  std::optional<core::Lease> lease_;
  core::RetryLeave leave_;
  Answered answer_;
  net::Event answered_;
  net::Event over_;
  net::Scope task_;  // last: it uses all the others
};

}  // namespace fairlead::proxy
