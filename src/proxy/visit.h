// Visit: one HTTP exchange from its match to its line in the log. The heart of the data path.
//
// prepare (path, client, id) -> route -> answer it here, or: pick a backend, forward, report, and
// pick another one while the rules of retry allow it.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "core/retry.h"
#include "core/router.h"
#include "http/answer.h"
#include "http/exchange.h"
#include "http/grpc_web.h"
#include "http/prepared.h"
#include "net/task.h"
#include "proxy/body_look.h"
#include "proxy/filter/filters.h"
#include "proxy/hedge.h"
#include "proxy/trip.h"
#include "proxy/view.h"

namespace fairlead::proxy {

class Forward;
class Stickiness;
class Worker;

class Visit {
 public:
  // `listener` is of `view`'s snapshot. The visit keeps the view: a reload changes no route or
  // limit under it. Its pools do follow, so that a retry sees who is eligible now.
  Visit(Worker& worker, std::shared_ptr<const View> view, const core::ListenerSnapshot& listener,
        http::Exchange& exchange);

  // One that is cut before record() is recorded as that.
  ~Visit();

  // Answers the exchange.
  net::Task<void> run();
  // Counts and logs it. Once, behind run().
  void record();
  // The same for a request that was never understood; of its head, only the first words are known.
  void record_refused(const Error& error);

 private:
  const core::Route* match(const net::TlsFacts& tls) const;
  Error no_route(const net::TlsFacts& tls) const;
  // False: it has ended the exchange.
  net::Task<bool> look_into_body();
  net::Task<void> maintain(const core::MaintenanceConfig& maintenance);
  net::Task<void> act(const core::Route& route);
  net::Task<void> to_side(const core::Route& route, const core::Split& split);
  uint32_t usable_sides(const core::Split& split) const;
  net::Task<void> to_pool(const core::Route& route, core::Pool& pool);
  core::Key place(const core::Pool& pool);
  Stickiness& stickiness();
  net::Task<void> attempt(core::Lease lease, const ForwardRules& rules);
  net::Task<void> follow_hedge(const ForwardRules& rules);
  net::Task<void> serve(Forward& forward, core::Lease& lease, std::string_view reason);
  net::Task<void> deliver_rest(Forward& forward, core::Lease lease);
  void begin_hedge(const ForwardRules& rules);
  http::Exchange& forwarded() { return web_ ? *web_ : exchange_; }
  bool is_hedged() const { return hedge_ && hedge_->is_asking(); }
  void pick();
  net::Task<void> wait_for_room(const ForwardRules& rules);
  net::Task<void> answer(http::Answer answer, std::string_view reason);
  net::Task<void> fail_with(Error error);
  // Whether the rules, the budget and the pool have another backend to try: then next_ is the lease
  // on it, or the hedge has asked one, and the body stands at its first byte again. REQUIRES:
  // nobody is amid sending it, if so.
  bool try_another(const core::Outcome& outcome, const core::Backend& tried);
  bool may_follow_hedge(const core::Outcome& outcome) const;
  void pick_another();
  bool may_retry();
  void describe();
  void count();

  Worker& worker_;
  const std::shared_ptr<const View> view_;
  const core::ListenerSnapshot& listener_;
  http::Exchange& exchange_;
  std::unique_ptr<http::GrpcWeb> web_;  // around the exchange, for a backend of gRPC
  const core::HttpLimits& limits_;
  http::Prepared prepared_;
  const core::Route* route_ = nullptr;
  const core::RouteSeries* series_ = nullptr;  // of the route, or of the side that was taken
  std::unique_ptr<Filters> filters_;           // of a route that has any
  core::Pool* pool_ = nullptr;
  std::unique_ptr<Stickiness> stickiness_;  // where the route or its pool wants it
  std::optional<core::Attempts> attempts_;
  std::optional<core::Lease> next_;  // of the attempt that is to follow
  core::RetryLeave leave_;           // of the retry that waits for its response, or is to follow
  std::unique_ptr<BodyLook> look_;   // where a route or a key asks for something in the body
  std::unique_ptr<Hedge> hedge_;     // of the route that wants one
  Error error_;
  bool failed_ = false;
  bool must_wait_ = false;   // every backend that could be picked was full
  bool again_ = false;       // the rules of retry have another attempt follow the last one
  bool unbudgeted_ = false;  // a retry was refused by the budget
  bool recorded_ = false;
  bool understood_ = true;  // the head was read
  Trip trip_;
  std::string backend_;  // its text outlives the lease
};

}  // namespace fairlead::proxy
