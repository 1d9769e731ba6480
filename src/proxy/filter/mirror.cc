#include "proxy/filter/mirror.h"

#include "net/wait.h"
#include "proxy/call.h"
#include "proxy/key_facts.h"
#include "proxy/report.h"
#include "proxy/worker.h"

namespace fairlead::proxy {
namespace {

using core::Mirrored;

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
  Call call(worker_, lease->backend(), *config, route.config->timeout);
  auto done = co_await call.run(*request.head, request.body);
  if (done) done = co_await call.discard_body();
  const core::Outcome outcome = call.outcome(done);
  report(worker_, *lease, outcome, call.began());
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
