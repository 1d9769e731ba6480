#include "proxy/visit.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/cookie.h"
#include "core/maintenance.h"
#include "http/grpc.h"
#include "http/grpc_web.h"
#include "http/prepare.h"
#include "proxy/explain_field.h"
#include "proxy/filter/maintenance.h"
#include "proxy/filter/respond.h"
#include "proxy/forward.h"
#include "proxy/header.h"
#include "proxy/key_facts.h"
#include "proxy/report.h"
#include "proxy/shed.h"
#include "proxy/stickiness.h"
#include "proxy/template_facts.h"
#include "proxy/wait_in_line.h"
#include "proxy/worker.h"

namespace fairlead::proxy {
namespace {

// Fields of a request as the router asks for them.
class FieldFacts final : public core::HeaderFacts {
 public:
  explicit FieldFacts(const http::Request& request) : request_(request) {}
  bool any(std::string_view name, const core::Pattern& pattern) const override {
    return any_header(request_, name,
                      [&](std::string_view value) { return pattern.matches(value); });
  }
  bool any_cookie(std::string_view name, const core::Pattern& pattern) const override {
    return std::ranges::any_of(request_.fields.all(), [&](const http::Field& field) {
      return field.id == http::FieldId::cookie &&
             core::any_cookie(field.value, name,
                              [&](std::string_view value) { return pattern.matches(value); });
    });
  }

 private:
  const http::Request& request_;
};

constexpr wire::EncodedSlash encoded_slash_of(const core::HttpLimits& limits) {
  return limits.encoded_slash == core::EncodedSlash::keep ? wire::EncodedSlash::keep
                                                          : wire::EncodedSlash::refuse;
}

}  // namespace

Visit::Visit(Worker& worker, std::shared_ptr<const View> view,
             const core::ListenerSnapshot& listener, http::Exchange& exchange)
    : worker_(worker),
      view_(std::move(view)),
      listener_(listener),
      exchange_(exchange),
      limits_(listener.config->http) {}

net::Task<void> Visit::run() {
  const Address peer = exchange_.stream().peer();
  const net::TlsFacts tls = exchange_.stream().tls();
  auto prepared = http::prepare(exchange_.request(), exchange_.scratch(),
                                {.peer = peer,
                                 .scheme = exchange_.scheme(),
                                 .trusted = view_->snapshot->config->trusted_proxies,
                                 .tls = tls},
                                encoded_slash_of(limits_), worker_.random());
  if (!prepared) {
    // What is malformed for us may be something else for somebody behind us: nothing follows it.
    exchange_.close_after();
    co_await fail_with(std::move(prepared.error()));
    co_return;
  }
  prepared_ = *prepared;
  route_ = match(tls);
  if (route_ && !route_->config->match.body.empty()) {
    if (!co_await look_into_body()) co_return;
    route_ = match(tls);
  }
  if (route_ && route_->has_filters)
    filters_ = std::make_unique<Filters>(worker_, view_, listener_, *route_, exchange_, prepared_);
  if (const auto* maintenance = core::maintenance_of(
          *listener_.config, route_ ? route_->config : nullptr, prepared_.client)) {
    co_await maintain(*maintenance);
    co_return;
  }
  if (!route_) {
    co_await fail_with(no_route(tls));
    co_return;
  }
  series_ = route_->series.get();
  if (auto refusal = shed(worker_, *view_->snapshot->config, *route_)) {
    co_await fail_with(std::move(*refusal));
    co_return;
  }
  if (filters_) {
    auto ready =
        co_await filters_->prepare_request(encoded_slash_of(limits_), limits_.body_timeout);
    if (!ready) {
      co_await fail_with(std::move(ready.error()));
      co_return;
    }
  }
  co_await act(*route_);
}

net::Task<void> Visit::maintain(const core::MaintenanceConfig& maintenance) {
  const core::RouteSeries& series = route_ ? *route_->series : *listener_.unrouted;
  series.tally.of(worker_.index()).maintained.add();
  failed_ = true;
  error_ = {Code::maintenance, Side::internal, Again::no, "maintenance is on"};
  return answer(answer_of(maintenance, exchange_.request()), name_of(error_.code));
}

const core::Route* Visit::match(const net::TlsFacts& tls) const {
  const FieldFacts headers(exchange_.request());
  core::Facts facts;
  facts.host = prepared_.host;
  facts.path = prepared_.path;
  facts.query = exchange_.request().query;
  facts.method = exchange_.request().method_text;
  facts.headers = &headers;
  facts.client = prepared_.client;
  facts.client_subject = tls.client_subject;
  facts.client_names = tls.client_names;
  facts.body = look_ ? look_->json() : nullptr;
  facts.body_unread = !look_ && exchange_.request().framing != http::Framing::none;
  facts.is_https = prepared_.scheme == "https";
  return listener_.router.match(facts);
}

Error Visit::no_route(const net::TlsFacts& tls) const {
  if (!core::is_misdirected(listener_.router, prepared_.host, tls.server_name))
    return {Code::no_route, Side::internal, Again::no, "no route matches"};
  return {Code::misdirected, Side::internal, Again::no,
          fmt::format("no route is for this host, and the connection was made for {}",
                      tls.server_name)};
}

net::Task<bool> Visit::look_into_body() {
  if (look_ || exchange_.request().framing == http::Framing::none) co_return true;
  look_ = std::make_unique<BodyLook>(exchange_, limits_.max_match_body);
  auto looked = co_await look_->look(limits_.body_timeout);
  if (!looked) co_await fail_with(std::move(looked.error()));
  co_return looked.has_value();
}

net::Task<void> Visit::act(const core::Route& route) {
  if (route.pool) {
    pool_ = view_->pools[*route.pool].get();
    return to_pool(route, *pool_);
  }
  if (route.split) return to_side(route, *view_->snapshot->splits[*route.split]);
  const ExchangeFacts facts(exchange_, prepared_);
  http::Answer made;
  std::string_view reason;
  if (const auto* redirect = std::get_if<core::Redirect>(&route.config->action)) {
    reason = "redirect";
    auto answer = answer_of(*redirect, facts);
    if (!answer) return fail_with(std::move(answer.error()));
    made = std::move(*answer);
  } else if (const auto* respond = std::get_if<core::Respond>(&route.config->action)) {
    reason = "respond";
    made = answer_of(*respond, facts, exchange_.request());
  }
  return answer(std::move(made), reason);
}

net::Task<void> Visit::answer(http::Answer answer, std::string_view reason) {
  if (prepared_.explain) {
    answer.fields.emplace_back(kExplainField,
                               explain_field(*listener_.config, route_, pool_, nullptr, reason));
  }
  co_await http::send(forwarded(), answer, limits_.body_timeout);
}

net::Task<void> Visit::fail_with(Error error) {
  failed_ = true;
  error_ = std::move(error);
  if (error_.code == Code::cancelled) co_return;  // nobody is there to be answered
  co_await answer(http::answer_to(error_), name_of(error_.code));
}

// ---- backends -------------------------------------------------------------------------

Stickiness& Visit::stickiness() {
  if (!stickiness_) stickiness_ = std::make_unique<Stickiness>(worker_, exchange_, prepared_);
  return *stickiness_;
}

// A bit for each side whose pool has anybody to send work to.
uint32_t Visit::usable_sides(const core::Split& split) const {
  uint32_t usable = 0;
  for (size_t i = 0; i < split.parts().size(); ++i) {
    const core::Pool& pool = *view_->pools[split.parts()[i].pool];
    if (!pool.snapshot().candidates.empty()) usable |= 1u << i;
  }
  return usable;
}

net::Task<void> Visit::to_side(const core::Route& route, const core::Split& split) {
  const core::SideConfig& side = route.config->side;
  if (asks_for_body(side) && !co_await look_into_body()) co_return;
  const uint32_t usable = usable_sides(split);
  const core::Key key =
      side.key ? stickiness().side(side, look_ ? look_->json() : nullptr) : core::Key{};
  const uint32_t taken =
      key.present ? split.part_of(key.hash, usable) : split.draw(usable, worker_.random());
  const core::SplitPart& part = split.parts()[taken];
  series_ = part.series.get();
  pool_ = view_->pools[part.pool].get();
  co_await to_pool(route, *pool_);
}

core::Key Visit::place(const core::Pool& pool) {
  core::Key key =
      key_of(pool.config().balance, exchange_, prepared_, look_ ? look_->json() : nullptr);
  if (pool.config().sticky.on()) key.kept_at = stickiness().place_in(*pool_);
  return key;
}

net::Task<void> Visit::to_pool(const core::Route& route, core::Pool& pool) {
  const core::RouteConfig& config = *route.config;
  if (asks_for_body(pool.config().balance) && !co_await look_into_body()) co_return;
  attempts_.emplace(config.retry, place(pool),
                    wire::http1::is_idempotent(exchange_.request().method));
  ForwardRules rules{pool.snapshot().config, config.timeout,         config.retry.per_try_timeout,
                     limits_.body_timeout,   limits_.tunnel_timeout, worker_.dialer()};
  rules.ahead = config.buffer.response;
  if (http::is_grpc(exchange_.request())) {
    // For who speaks gRPC alone; a backend of HTTP/1.1 may know gRPC-Web itself.
    if (rules.pool->protocol == core::UpstreamProtocol::http2 &&
        http::is_grpc_web(exchange_.request()))
      web_ = std::make_unique<http::GrpcWeb>(exchange_);
    if (const auto patience = http::grpc_timeout(exchange_.request()))
      rules.deadline = saturating_add(exchange_.started(), *patience);
  }
  if (filters_) filters_->begin_mirror(forwarded());
  error_ = {Code::no_backend, Side::internal, Again::no, "no eligible backend in the pool"};
  pick();
  while (next_ || is_hedged() || must_wait_) {
    if (next_) {
      co_await attempt(*std::exchange(next_, std::nullopt), rules);
    } else if (is_hedged()) {
      co_await follow_hedge(rules);
    } else {
      co_await wait_for_room(rules);
    }
    if (exchange_.responded()) co_return;
  }
  if (hedge_) hedge_->cancel();  // it may still be waiting for its time
  co_await fail_with(std::move(error_));
}

// Then next_ holds a lease, or error_ says why there is none: of an attempt before, where nobody
// else is left.
net::Task<void> Visit::wait_for_room(const ForwardRules& rules) {
  must_wait_ = false;
  const Instant began = worker_.network().now();
  auto lease = co_await wait_in_line(worker_, *pool_, *attempts_, exchange_.alarm(),
                                     exchange_.stream().broken(), rules.deadline);
  trip_.queued += worker_.network().now() - began;
  if (lease) {
    next_ = std::move(*lease);
  } else if (lease.error().code != Code::no_backend || attempts_->tried().empty()) {
    error_ = std::move(lease.error());
  }
}

// One attempt; next_ holds a lease where another is to follow.
net::Task<void> Visit::attempt(core::Lease lease, const ForwardRules& rules) {
  ++trip_.attempts;
  Forward forward(forwarded(), lease.backend(), worker_.upstreams(), worker_.errands(), rules,
                  attempts_->fresh());
  begin_hedge(rules);
  if (hedge_) {
    hedge_->spare(lease.backend().id());
    forward.give_way_to(hedge_->answered());
  }
  co_await serve(forward, lease, {});
  const uint32_t share = route_->config->hedge.share;
  if (share > 0 && forward.head_took() > Duration::zero())
    series_->tally.of(worker_.index()).head.add(forward.head_took(), share / 100.0);
}

// What runs beside an attempt, or has overtaken it, is the attempt that follows.
net::Task<void> Visit::follow_hedge(const ForwardRules& rules) {
  net::Event& gone = exchange_.stream().broken();
  co_await net::wait_for(exchange_.alarm(), kNever, hedge_->over(), gone);
  if (gone.is_set()) {
    hedge_->cancel();
    error_ = {Code::cancelled, Side::downstream, Again::no, "the client broke off"};
    co_return;
  }
  if (!hedge_->answered().is_set()) {
    // It failed as well as the attempt beside it, and may have been all that was left.
    if (!failed_)
      error_ = {Code::no_backend, Side::internal, Again::no, "no other backend is left"};
    if (again_) pick_another();
    co_return;
  }
  core::Lease lease = hedge_->take_lease();
  Forward forward(forwarded(), lease.backend(), worker_.upstreams(), worker_.errands(), rules,
                  false);
  forward.take_over(hedge_->take());
  co_await serve(forward, lease, "hedge");
}

// Once for each exchange, beside its first attempt.
void Visit::begin_hedge(const ForwardRules& rules) {
  const core::HedgeConfig& config = route_->config->hedge;
  if (!config.on() || attempts_->number() > 1) return;
  if (stickiness_ && stickiness_->is_kept()) return;  // nobody else knows this client
  const http::Request& request = exchange_.request();
  if (request.framing != http::Framing::none || request.upgrade || request.expect_continue) return;
  if (!wire::http1::is_idempotent(request.method)) return;
  const core::Percentile& typical = series_->tally.of(worker_.index()).head;
  const Instant due = hedge_due(config, typical, worker_.network().now());
  if (due == kNever) return;
  hedge_ = std::make_unique<Hedge>(worker_, *pool_, *attempts_, request, rules, due);
}

// `reason`: of its backend; empty: as the pool has it.
net::Task<void> Visit::serve(Forward& forward, core::Lease& lease, std::string_view reason) {
  if (view_->snapshot->config->access_log.on || filters_) backend_ = lease.backend().text();
  if (filters_) filters_->served_by(backend_);
  if (prepared_.explain) {
    std::string pick = pick_reason(*pool_, trip_.attempts);
    if (stickiness_ && stickiness_->is_kept_at(lease.backend())) pick = "sticky";
    if (trip_.queued > Duration::zero()) pick += fmt::format(", {} ms in line", trip_.queued / 1ms);
    forward.add_field(kExplainField,
                      explain_field(*listener_.config, route_, pool_, &lease.backend(),
                                    reason.empty() ? pick : reason));
  }
  forward.remember_by(stickiness_.get());
  const auto reconsider = [&](const core::Outcome& so_far) {
    if (so_far.status == 101) {
      lease.works();
      leave_.give_back();
      return false;
    }
    return try_another(so_far, lease.backend());
  };
  const core::Outcome outcome = co_await forward.run(reconsider);
  trip_.upstream = outcome.latency;
  if (forward.was_overtaken()) {
    lease.overtaken(worker_.network().now());
    co_return;
  }
  report(worker_, lease, outcome, forward.began());
  if (forward.has_rest()) co_return co_await deliver_rest(forward, std::move(lease));
  failed_ = outcome.failed.has_value();
  if (!failed_) co_return;
  error_ = forward.error();
  if (!exchange_.responded()) try_another(outcome, lease.backend());
}

// The backend is free, whatever the client does.
net::Task<void> Visit::deliver_rest(Forward& forward, core::Lease lease) {
  {
    const core::Lease over = std::move(lease);
  }
  co_await forward.deliver_rest();
  failed_ = forward.has_failed();
  if (failed_) error_ = forward.error();
}

// Then next_ holds a lease, or must_wait_ says that there may be one later.
void Visit::pick() {
  auto lease =
      pool_->pick(attempts_->key(), attempts_->tried(), worker_.random(), worker_.network().now());
  if (lease) {
    next_ = std::move(*lease);
  } else {
    must_wait_ = lease.error() == core::Refusal::full;
  }
}

bool Visit::try_another(const core::Outcome& outcome, const core::Backend& tried) {
  next_.reset();
  again_ =
      attempts_->decide(outcome, tried.id(), forwarded().body().can_rewind()) == core::Next::again;
  const bool hedged = is_hedged() && may_follow_hedge(outcome);
  if (!hedged && again_) pick_another();
  // A response that has come is better than a place in line.
  if (!outcome.failed) must_wait_ = false;
  if (next_ || hedged || must_wait_) {
    forwarded().body().rewind();
    return true;
  }
  if (hedge_) outcome.failed ? hedge_->cancel() : hedge_->lose();
  leave_.give_back();
  return false;
}

// Who was asked beside a failed attempt may answer all the same, also where the rules of retry have
// no other follow. A response that they would pass on is passed on.
bool Visit::may_follow_hedge(const core::Outcome& outcome) const {
  if (outcome.response_started) return false;
  return outcome.failed ? outcome.side != Side::downstream : again_;
}

void Visit::pick_another() {
  if (hedge_ && hedge_->has_asked() && !is_hedged()) attempts_->exclude(hedge_->asked());
  if (may_retry()) pick();
}

bool Visit::may_retry() {
  if (!attempts_->charged()) {
    leave_.give_back();
    return true;
  }
  leave_ = pool_->leave_to_retry(attempts_->config().budget, std::move(leave_));
  unbudgeted_ = !leave_;
  return !unbudgeted_;
}

}  // namespace fairlead::proxy
