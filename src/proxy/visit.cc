#include "proxy/visit.h"

#include <algorithm>

#include "proxy/access_log.h"
#include "proxy/explain_field.h"
#include "proxy/forward.h"
#include "proxy/template_facts.h"
#include "proxy/worker.h"

namespace fairlead::proxy {
namespace {

// Fields of a request as the router asks for them.
class FieldFacts final : public core::HeaderFacts {
 public:
  explicit FieldFacts(const http::Fields& fields) : fields_(fields) {}
  bool any(std::string_view name, const core::Pattern& pattern) const override {
    return std::ranges::any_of(fields_.all(), [&](const http::Field& field) {
      return wire::http1::equals_ignoring_case(field.name, name) && pattern.matches(field.value);
    });
  }

 private:
  const http::Fields& fields_;
};

constexpr std::string_view version_of(uint8_t minor) {
  return minor == 0 ? "HTTP/1.0" : "HTTP/1.1";
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
  auto prepared = prepare(exchange_, exchange_.stream().peer(), limits_,
                          view_->snapshot->config->trusted_proxies, worker_.random());
  if (!prepared) {
    // What is malformed for us may be something else for somebody behind us: nothing follows it.
    exchange_.close_after();
    co_await fail_with(std::move(prepared.error()));
    co_return;
  }
  prepared_ = *prepared;
  route_ = match();
  if (!route_) {
    co_await fail_with({Code::no_route, Side::internal, Again::no, "no route matches"});
    co_return;
  }
  co_await act(*route_);
}

const core::Route* Visit::match() {
  const FieldFacts headers(exchange_.request().fields);
  core::Facts facts;
  facts.host = prepared_.host;
  facts.path = prepared_.path;
  facts.method = exchange_.request().method_text;
  facts.headers = &headers;
  facts.client = prepared_.client;
  return listener_.router.match(facts);
}

net::Task<void> Visit::act(const core::Route& route) {
  if (route.pool) {
    pool_ = view_->pools[*route.pool].get();
    return to_pool(route, *pool_);
  }
  const ExchangeFacts facts(exchange_, prepared_);
  http::Answer made;
  std::string_view reason;
  if (const auto* redirect = std::get_if<core::Redirect>(&route.config->action)) {
    reason = "redirect";
    made.status = redirect->status;
    made.fields.emplace_back("location", redirect->to.expand(facts));
  } else if (const auto* respond = std::get_if<core::Respond>(&route.config->action)) {
    reason = "respond";
    made.status = respond->status;
    made.content_type = respond->content_type;
    made.body = respond->body.expand(facts);
  }
  return answer(std::move(made), reason);
}

net::Task<void> Visit::answer(http::Answer answer, std::string_view reason) {
  if (prepared_.explain) {
    answer.fields.emplace_back(kExplainField,
                               explain_field(*listener_.config, route_, pool_, nullptr, reason));
  }
  co_await http::send(exchange_, answer, limits_.body_timeout);
}

net::Task<void> Visit::fail_with(Error error) {
  failed_ = true;
  error_ = std::move(error);
  co_await answer(http::answer_to(error_), name_of(error_.code));
}

// ---- backends -------------------------------------------------------------------------

net::Task<void> Visit::to_pool(const core::Route& route, core::Pool& pool) {
  const core::RouteConfig& config = *route.config;
  attempt_.emplace(config.retry, core::Key{},
                   wire::http1::is_idempotent(exchange_.request().method));
  const ForwardRules rules{pool.config(), config.timeout, limits_.body_timeout,
                           limits_.tunnel_timeout};
  for (auto lease = pick(); lease; lease = std::exchange(next_, std::nullopt)) {
    co_await attempt(*lease, rules);
    if (exchange_.responded()) co_return;
  }
  if (trip_.attempts == 0)
    error_ = {Code::no_backend, Side::internal, Again::no, "no eligible backend in the pool"};
  failed_ = true;
  if (error_.code == Code::cancelled) co_return;  // nobody is there to be answered
  co_await answer(http::answer_to(error_), name_of(error_.code));
}

// One attempt; next_ holds a lease where another is to follow.
net::Task<void> Visit::attempt(core::Lease& lease, const ForwardRules& rules) {
  if (view_->snapshot->config->access_log.on) backend_ = lease.backend().text();
  ++trip_.attempts;
  Forward forward(exchange_, lease.backend(), worker_.upstreams(), rules, attempt_->fresh());
  if (prepared_.explain) {
    forward.add_field(kExplainField,
                      explain_field(*listener_.config, route_, pool_, &lease.backend(),
                                    pick_reason(*pool_, trip_.attempts)));
  }
  bool decided = false;
  const auto reconsider = [&](const core::Outcome& so_far) {
    if (attempt_->config().on_status.empty()) return false;
    decided = true;
    next_ = pick_again(so_far, lease.backend().id(), forward.rewind());
    return next_.has_value();
  };
  const core::Outcome outcome = co_await forward.run(reconsider);
  report(lease, outcome, forward.began());
  trip_.upstream = outcome.latency;
  failed_ = outcome.failed.has_value();
  if (failed_) error_ = forward.error();
  if (!decided && !exchange_.responded())
    next_ = pick_again(outcome, lease.backend().id(), forward.rewind());
}

std::optional<core::Lease> Visit::pick() {
  return pool_->pick(attempt_->key(), attempt_->tried(), worker_.random());
}

std::optional<core::Lease> Visit::pick_again(const core::Outcome& outcome, uint32_t backend,
                                             bool replayable) {
  if (attempt_->decide(outcome, backend, replayable) == core::Next::done) return std::nullopt;
  return pick();
}

void Visit::report(core::Lease& lease, const core::Outcome& outcome, Instant began) {
  if (lease.report(outcome) == core::Notice::connect_failed) {
    worker_.outside().connect_failed(lease.backend().id(), *outcome.failed, began);
  }
}

// ---- the record -----------------------------------------------------------------------

void Visit::count() {
  core::ListenerTally& listener = listener_.series->tally.of(worker_.index());
  listener.bytes_in.add(exchange_.bytes_in());
  listener.bytes_out.add(exchange_.bytes_out());
  const core::RouteSeries& series = route_ ? *route_->series : *listener_.unrouted;
  core::RouteTally& route = series.tally.of(worker_.index());
  route.requests.add(exchange_.status());
  route.duration.add(trip_.duration);
}

void Visit::describe() {
  const http::Request& request = exchange_.request();
  const Address peer = exchange_.stream().peer();
  trip_.protocol = "http";
  trip_.listener = listener_.config->name;
  if (route_) trip_.route = route_->config->name;
  if (pool_) trip_.pool = pool_->config().name;
  trip_.backend = backend_;
  trip_.client = prepared_.path.empty() ? peer.ip() : prepared_.client;
  trip_.client_port = peer.port();
  trip_.method = request.method_text;
  trip_.host = request.authority;
  trip_.target = request.target;
  if (!request.method_text.empty()) trip_.version = version_of(request.minor);
  trip_.status = exchange_.status();
  trip_.bytes_in = exchange_.bytes_in();
  trip_.bytes_out = exchange_.bytes_out();
  trip_.request_id = prepared_.request_id;
  trip_.user_agent = request.fields.find(http::FieldId::user_agent).value_or("");
  trip_.referer = request.fields.find(http::FieldId::referer).value_or("");
  if (failed_) {
    trip_.error = name_of(error_.code);
    trip_.side = name_of(error_.side);
    trip_.detail = error_.detail;
  }
}

Visit::~Visit() {
  if (recorded_) return;
  failed_ = true;
  error_ = {Code::draining, Side::internal, Again::no, "cut off at the end of the drain"};
  record();
}

void Visit::record() {
  recorded_ = true;
  trip_.duration = worker_.network().now() - exchange_.started();
  count();
  const core::AccessLogConfig& log = view_->snapshot->config->access_log;
  if (!log.on) return;
  describe();
  worker_.outside().log_access(format_line(trip_, log.format, worker_.network().wall_now()));
}

void Visit::record_refused(const Error& error) {
  failed_ = true;
  error_ = error;
  record();
}

}  // namespace fairlead::proxy
