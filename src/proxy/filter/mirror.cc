#include "proxy/filter/mirror.h"

#include <fmt/format.h>

#include "net/dial.h"
#include "net/wait.h"
#include "proxy/errands.h"
#include "proxy/key_facts.h"
#include "proxy/report.h"
#include "proxy/worker.h"

namespace fairlead::proxy {
namespace {

using core::Mirrored;
using net::Woke;

// ---- the copy -------------------------------------------------------------------------

// Texts in one place that does not move: its size is known before.
class Copier {
 public:
  Copier(std::vector<char>& texts, size_t size) : texts_(texts) { texts_.reserve(size); }
  std::string_view operator()(std::string_view text) {
    const size_t at = texts_.size();
    texts_.insert(texts_.end(), text.begin(), text.end());
    return {texts_.data() + at, text.size()};
  }

 private:
  std::vector<char>& texts_;
};

// `te` is of one connection, and yet for the next hop to hear: gRPC's servers ask for it.
bool goes_on(const http::Field& field) {
  if (field.id == http::FieldId::te) return true;
  return !field.hop_by_hop && field.id != http::FieldId::expect &&
         field.id != http::FieldId::content_length && field.id != http::FieldId::host;
}

MirroredRequest copy_of(const http::Request& request) {
  MirroredRequest copy;
  copy.head = http::take_request();
  size_t size = request.method_text.size() + request.target.size() + request.authority.size();
  for (const http::Field& field : request.fields.all())
    size += field.name.size() + field.value.size();
  Copier text(copy.texts, size);
  http::Request& head = *copy.head;
  head.method = request.method;
  head.method_text = text(request.method_text);
  head.target = text(request.target);
  head.form = request.form;
  head.scheme = {};
  head.authority = text(request.authority);
  head.path = head.query = {};
  head.has_query = false;
  head.minor = 1;
  head.keep_alive = true;
  head.expect_continue = head.upgrade = false;
  head.fields.clear();
  for (const http::Field& field : request.fields.all()) {
    if (!goes_on(field)) continue;
    http::Field copied = field;
    copied.name = text(field.name);
    copied.value = text(field.value);
    head.fields.add(copied);
  }
  head.fields.add({.name = kMirrorField, .value = "1"});
  return copy;
}

// ---- the attempt ----------------------------------------------------------------------

// One attempt at one backend, without anybody to answer to.
class Attempt {
 public:
  Attempt(Worker& worker, core::Lease& lease, const MirroredRequest& request,
          const core::PoolConfig& pool, Duration timeout)
      : worker_(worker),
        lease_(lease),
        request_(request),
        pool_(pool),
        alarm_(worker.network().wheel()),
        errand_(worker.errands(), lease.backend().id(), worker.network().now()),
        began_(worker.network().now()),
        deadline_(saturating_add(began_, timeout)) {}

  net::Task<core::Outcome> run() {
    auto done = co_await connect();
    if (done) done = co_await ask();
    if (done) done = co_await read_head();
    if (done) done = co_await discard_body();
    if (!done) {
      core::Outcome outcome =
          core::Outcome::failure(done.error(), upstream_ && upstream_->is_reused());
      outcome.status = status_;
      outcome.latency = latency_;
      co_return outcome;
    }
    worker_.upstreams().put(std::move(upstream_), pool_);
    co_return core::Outcome::success(status_, latency_);
  }

  Instant began() const { return began_; }

 private:
  net::Task<Result<void>> connect() {
    const core::Backend& backend = lease_.backend();
    upstream_ = worker_.upstreams().take(backend.id(), {.sure = true});
    if (upstream_) co_return {};
    const Instant until = std::min(saturating_add(began_, pool_.connect_timeout), deadline_);
    auto stream = co_await worker_.dialer().dial(pool_, backend, protocols_of(pool_, false), until,
                                                 {.off = &errand_.called_off()});
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    upstream_ = worker_.upstreams().wrap(backend.id(), std::move(*stream), pool_);
    co_return {};
  }

  // Sends head and body. A backend that takes no more of it may have answered: reading tells.
  net::Task<Result<void>> ask() {
    http::Client& client = upstream_->client();
    if (!client.send(*request_.head, host_of(lease_.backend())))
      co_return fail(Code::malformed, Side::downstream, "a field cannot be passed on");
    std::string_view rest = request_.body;
    while (true) {
      http::Sink& sink = client.sink();
      net::Io io = rest.empty() ? sink.finish({}) : sink.write(rest);
      if (io.state == net::Io::State::blocked && !rest.empty()) {
        io = sink.flush();
        if (io.state == net::Io::State::done && io.count > 0) continue;
      } else if (io.state == net::Io::State::done) {
        if (rest.empty()) co_return {};
        rest.remove_prefix(io.count);
        continue;
      }
      if (io.state == net::Io::State::failed) co_return {};
      if (auto woke = co_await wait(client.stream().writable()); !woke) co_return woke;
    }
  }

  net::Task<Result<void>> read_head() {
    http::Client& client = upstream_->client();
    const http::PooledResponse head = http::take_response();
    for (uint32_t interim = 0; interim <= http::kMostInterimHeads;) {
      switch (client.read_head(*head)) {
        case http::HeadState::complete:
          status_ = head->status;
          latency_ = worker_.network().now() - began_;
          if (status_ >= 200) co_return {};
          ++interim;
          continue;
        case http::HeadState::end:
          co_return fail(Code::closed, Side::upstream, "closed before its response",
                         upstream_->client().again());
        case http::HeadState::fault: co_return std::unexpected(client.error());
        case http::HeadState::failed: {
          Error error = client.error();
          error.again = upstream_->client().again();
          co_return std::unexpected(std::move(error));
        }
        case http::HeadState::blocked: break;
      }
      if (auto woke = co_await wait(client.stream().readable()); !woke) co_return woke;
    }
    co_return fail(Code::malformed, Side::upstream, "too many interim responses");
  }

  net::Task<Result<void>> discard_body() {
    http::Source& source = upstream_->client().source();
    uint64_t discarded = 0;
    while (true) {
      const http::Piece piece = source.peek(true);
      switch (piece.state) {
        case http::Piece::State::end: co_return {};
        case http::Piece::State::failed: co_return std::unexpected(source.error());
        case http::Piece::State::data:
          source.consume(piece.bytes.size());
          discarded += piece.bytes.size();
          if (discarded < kTurn) continue;
          discarded = 0;
          co_await net::yield(worker_.network().ready());
          continue;
        case http::Piece::State::blocked: break;
      }
      if (auto woke = co_await wait(source.stream().readable()); !woke) co_return woke;
    }
  }

  net::Task<Result<void>> wait(net::Event& event) {
    const Woke woke = co_await net::wait_for(alarm_, deadline_, event, errand_.called_off());
    if (errand_.called_off().is_set()) co_return fail(Code::draining, Side::internal, "drained");
    if (woke == Woke::deadline)
      co_return fail(Code::timeout, Side::upstream, "the copy was not answered in time");
    co_return {};
  }

  // What one response may take of a turn of the loop.
  static constexpr uint64_t kTurn = 256 * 1024;

  Worker& worker_;
  core::Lease& lease_;
  const MirroredRequest& request_;
  const core::PoolConfig& pool_;
  net::Alarm alarm_;
  Errand errand_;
  Instant began_;
  Instant deadline_;
  std::unique_ptr<Upstream> upstream_;
  uint16_t status_ = 0;
  Duration latency_{};
};

// A place among those that the route's mirror may have under way.
class Place {
 public:
  explicit Place(core::RouteTally& tally) : tally_(tally) { ++tally_.mirrors; }
  Place(const Place&) = delete;
  ~Place() { --tally_.mirrors; }

 private:
  core::RouteTally& tally_;
};

void count_in(core::RouteTally& tally, Mirrored result) {
  tally.mirrored[static_cast<size_t>(result)].add();
}

}  // namespace

// ---- all of a worker's ----------------------------------------------------------------

void Mirrors::send(std::shared_ptr<const View> view, const core::Route& route,
                   MirroredRequest request) {
  core::RouteTally& tally = route.series->tally.of(worker_.index());
  if (tally.mirrors >= route.config->mirror.limit) return count_in(tally, Mirrored::busy);
  tasks_.spawn(run(std::move(view), route, std::move(request)));
}

net::Task<void> Mirrors::run(std::shared_ptr<const View> view, const core::Route& route,
                             MirroredRequest request) {
  core::RouteTally& tally = route.series->tally.of(worker_.index());
  const Place place(tally);
  co_await net::yield(worker_.network().ready());  // the original goes first
  core::Pool& pool = *view->pools[*route.mirror];
  const std::shared_ptr<const core::PoolConfig> config = pool.snapshot().config;
  auto lease = pool.pick(request.key, core::Tried{}, worker_.random(), worker_.network().now());
  if (!lease) {
    count_in(tally, Mirrored::no_backend);
    co_return;
  }
  Attempt attempt(worker_, *lease, request, *config, route.config->timeout);
  const core::Outcome outcome = co_await attempt.run();
  report(worker_, *lease, outcome, attempt.began());
  count_in(tally, outcome.failed ? Mirrored::failed : Mirrored::answered);
}

// ---- of one exchange ------------------------------------------------------------------

Mirror::Mirror(Worker& worker, std::shared_ptr<const View> view, const core::Route& route,
               http::Exchange& exchange, const http::Prepared& prepared)
    : worker_(worker),
      view_(std::move(view)),
      route_(route),
      exchange_(exchange),
      prepared_(prepared) {}

Mirror::~Mirror() {
  if (!request_) return;
  count(body_ && body_->is_too_large() ? Mirrored::too_large : Mirrored::incomplete);
}

void Mirror::count(Mirrored result) { count_in(route_.series->tally.of(worker_.index()), result); }

void Mirror::begin() {
  const core::MirrorConfig& config = route_.config->mirror;
  http::Request& request = exchange_.request();
  if (request.upgrade) return;  // a tunnel is between two
  if (config.percent < 100 && worker_.random().below(100) >= config.percent) return;
  const bool has_body = request.framing != http::Framing::none;
  if (request.framing == http::Framing::length && request.content_length > config.max_body)
    return count(Mirrored::too_large);
  request_ = copy_of(request);
  request_->key =
      key_of(view_->pools[*route_.mirror]->config().balance, exchange_, prepared_, nullptr);
  if (!has_body) return send({});
  body_.emplace(exchange_.body(), config.max_body, [this] { send(std::move(body_->copy())); });
  exchange_.read_through(*body_);
}

void Mirror::send(std::string body) {
  MirroredRequest request = std::move(*request_);
  request_.reset();
  const bool has_body = exchange_.request().framing != http::Framing::none;
  request.head->framing = has_body ? http::Framing::length : http::Framing::none;
  request.head->content_length = body.size();
  request.body = std::move(body);
  worker_.mirrors().send(view_, route_, std::move(request));
}

}  // namespace fairlead::proxy
