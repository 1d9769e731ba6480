#include "proxy/tcp_listener.h"

#include <fmt/format.h>

#include <optional>

#include "core/retry.h"
#include "http/who_asked.h"
#include "net/relay.h"
#include "proxy/access_log.h"
#include "proxy/key_facts.h"
#include "proxy/report.h"
#include "proxy/shed.h"
#include "proxy/trip.h"
#include "proxy/wait_in_line.h"
#include "proxy/worker.h"

namespace fairlead::proxy {
namespace {

// One connection from its match to its line in the log.
class Passage {
 public:
  Passage(Worker& worker, std::shared_ptr<const View> view, const core::ListenerSnapshot& listener,
          std::unique_ptr<net::Stream> stream)
      : worker_(worker),
        view_(std::move(view)),
        listener_(listener),
        down_(std::move(stream)),
        alarm_(worker.network().wheel()),
        began_(worker.network().now()) {}
  Passage(const Passage&) = delete;

  // One that is cut before record() breaks off both sides, so that neither takes what it got for
  // all there was, and is recorded as that.
  ~Passage();

  net::Task<void> run();

 private:
  bool is_shed();
  net::Task<bool> connect();
  net::Task<bool> take_lease(const core::Attempts& attempts);
  net::Task<Result<void>> connect_to(const core::Backend& backend);
  net::Task<void> relay();
  void record();
  Instant now() const { return worker_.network().now(); }

  Worker& worker_;
  const std::shared_ptr<const View> view_;
  const core::ListenerSnapshot& listener_;
  std::unique_ptr<net::Stream> down_;
  std::unique_ptr<net::Stream> up_;
  std::optional<net::Flow> forth_;  // once there are both
  std::optional<net::Flow> back_;
  net::Alarm alarm_;
  const Instant began_;
  const core::Route* route_ = nullptr;
  core::Pool* pool_ = nullptr;
  std::optional<core::Lease> lease_;
  std::optional<Errand> errand_;  // at the backend of the lease
  Duration queued_{};
  Duration latency_{};
  uint32_t attempts_ = 0;
  Error error_;
  bool failed_ = false;
  bool recorded_ = false;
};

Passage::~Passage() {
  if (recorded_) return;
  down_->reset();
  if (up_) up_->reset();
  failed_ = true;
  error_ = {Code::draining, Side::internal, Again::no, "cut off at the end of the drain"};
  record();
}

net::Task<void> Passage::run() {
  core::Facts facts;
  facts.client = down_->peer().ip();
  route_ = listener_.router.match(facts);
  if (route_ && route_->pool) pool_ = view_->pools[*route_->pool].get();
  if (pool_ && !is_shed() && co_await connect()) {
    co_await relay();
  } else {
    down_->reset();
  }
  record();
}

bool Passage::is_shed() {
  auto refusal = shed(worker_, *view_->snapshot->config, *route_);
  if (!refusal) return false;
  failed_ = true;
  error_ = std::move(*refusal);
  return true;
}

// Finds a backend that takes the connection. False: there is none, error_ says why.
net::Task<bool> Passage::connect() {
  core::Attempts attempts(route_->config->retry, key_of(pool_->config().balance, *down_), false);
  failed_ = true;
  error_ = {Code::no_backend, Side::internal, Again::no, "no eligible backend in the pool"};
  while (co_await take_lease(attempts)) {
    ++attempts_;
    errand_.emplace(worker_.errands(), lease_->backend().id(), now());
    const Instant start = now();
    const auto connected = co_await connect_to(lease_->backend());
    latency_ = now() - start;
    if (connected) {
      lease_->works();
      failed_ = false;
      co_return true;
    }
    error_ = connected.error();
    const core::Outcome outcome = core::Outcome::failure(error_);
    report(worker_, *lease_, outcome, start);
    if (attempts.decide(outcome, lease_->backend().id(), true) == core::Next::done) break;
  }
  co_return false;
}

// False: there is none; where nobody was tried before, error_ says why.
net::Task<bool> Passage::take_lease(const core::Attempts& attempts) {
  lease_.reset();
  auto lease = pool_->pick(attempts.key(), attempts.tried(), worker_.random(), now());
  if (lease) {
    lease_ = std::move(*lease);
  } else if (lease.error() == core::Refusal::full) {
    const Instant began_waiting = now();
    auto waited = co_await wait_in_line(worker_, *pool_, attempts, alarm_, down_->broken(), kNever);
    queued_ += now() - began_waiting;
    if (waited) {
      lease_ = std::move(*waited);
    } else if (waited.error().code != Code::no_backend || attempts.tried().empty()) {
      error_ = std::move(waited.error());
    }
  }
  co_return lease_.has_value();
}

net::Task<Result<void>> Passage::connect_to(const core::Backend& backend) {
  const Instant deadline = saturating_add(now(), pool_->config().connect_timeout);
  // The pool follows newer snapshots meanwhile.
  const std::shared_ptr<const core::PoolConfig> pool = pool_->snapshot().config;
  auto stream = co_await worker_.dialer().dial(
      *pool, backend, {}, deadline, {.gone = &down_->broken(), .off = &errand_->called_off()});
  if (!stream) {
    stream.error().detail = fmt::format("{}: {}", backend.text(), stream.error().detail);
    co_return std::unexpected(std::move(stream.error()));
  }
  up_ = std::move(*stream);
  co_return {};
}

net::Task<void> Passage::relay() {
  forth_.emplace(*down_, *up_);
  back_.emplace(*up_, *down_);
  const net::RelayEnd end =
      co_await net::relay(worker_.network(), alarm_, *forth_, *down_, *back_, *up_,
                          listener_.config->idle_timeout, &errand_->called_off());
  core::Outcome outcome = core::Outcome::success(0, latency_);
  using Reason = net::RelayEnd::Reason;
  if (end.reason != Reason::finished) {
    failed_ = true;
    error_ = {Code::reset, Side::downstream, Again::no, "the client reset the connection"};
    if (end.reason == Reason::reset_by_second)
      error_ = {Code::reset, Side::upstream, Again::no, "the backend reset the connection"};
    if (end.reason == Reason::idle)
      error_ = {Code::timeout, Side::internal, Again::no, "no byte either way for too long"};
    if (end.reason == Reason::called_off)
      error_ = {
          Code::draining, Side::internal, Again::no,
          fmt::format("{} is drained, and its drain_timeout is over", lease_->backend().text())};
    outcome = core::Outcome::failure(error_);
    outcome.response_started = back_->moved() > 0;
    outcome.latency = latency_;
  }
  report(worker_, *lease_, outcome, began_);
}

void Passage::record() {
  recorded_ = true;
  const Duration duration = now() - began_;
  const uint64_t bytes_in = forth_ ? forth_->moved() : 0;
  const uint64_t bytes_out = back_ ? back_->moved() : 0;
  core::ListenerTally& tally = listener_.series->tally.of(worker_.index());
  tally.bytes_in.add(bytes_in);
  tally.bytes_out.add(bytes_out);
  const core::AccessLogConfig& log = view_->snapshot->config->access_log;
  if (!log.on) return;
  const Address peer = down_->peer();
  Trip trip;
  trip.protocol = "tcp";
  trip.listener = listener_.config->name;
  if (route_) trip.route = route_->config->name;
  if (pool_) trip.pool = pool_->config().name;
  if (lease_) trip.backend = lease_->backend().text();
  const std::string client = peer.is_unix() ? std::string(http::kUnixClient) : peer.ip().text();
  trip.client = client;
  trip.client_port = peer.port();
  const net::TlsFacts tls = down_->tls();
  trip.tls = tls.version;
  trip.client_subject = tls.client_subject;
  trip.bytes_in = bytes_in;
  trip.bytes_out = bytes_out;
  trip.duration = duration;
  trip.queued = queued_;
  trip.upstream = latency_;
  trip.attempts = attempts_;
  if (failed_) {
    trip.error = name_of(error_.code);
    trip.side = name_of(error_.side);
    trip.detail = error_.detail;
  }
  worker_.outside().log_access(format_line(trip, log.format, worker_.network().wall_now()));
}

}  // namespace

net::Task<void> TcpListener::serve(std::unique_ptr<net::Stream> stream) {
  const auto at_end = std::unique_ptr<TcpListener, void (*)(TcpListener*)>(
      this, [](TcpListener* self) { self->closed(); });
  Passage passage(worker_, view_, *snapshot_, std::move(stream));
  co_await passage.run();
}

}  // namespace fairlead::proxy
