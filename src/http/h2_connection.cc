#include "http/h2_connection.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>

#include "http/answer.h"
#include "http/fault.h"
#include "http/h2_exchange.h"
#include "http/linger.h"
#include "net/frame_pool.h"

namespace fairlead::http {

using net::Woke;

namespace {

// Between "we are about to go" and "this was the last stream": what is on its way still arrives.
constexpr Duration kGoodbye = 1s;
// Streams that a client has broken off may still be served for a moment; beside that many, no
// further one is taken.
constexpr uint32_t kCostOfRefusal = 240;  // three honest requests make up for it
constexpr size_t kMostServed = 2;        // times the streams that it may have at once

}  // namespace

net::Task<void> H2Connection::serve(net::Network& network, std::unique_ptr<net::Stream> stream,
                                    Service& service, std::string first) {
  H2Connection self(network, std::move(stream), service);
  co_await self.run(std::move(first));
}

H2Connection::H2Connection(net::Network& network, std::unique_ptr<net::Stream> stream,
                           Service& service)
    : Connection(network),
      H2Session(network, std::move(stream), Role::server,
                {.max_streams = service.options().max_streams,
                 .max_head = service.options().limits.max_head}),
      service_(service),
      alarm_(network.wheel()),
      opened_(network.now()),
      idle_since_(network.now()) {
  service.opened(*this);
}

H2Connection::~H2Connection() {
  exchanges_.cancel_all();
  service_.closed();
}

net::Task<void> H2Connection::run(std::string first) {
  if (!first.empty() && !take(first)) co_return;
  while (true) {
    Turn turn = H2Session::turn();
    if (!begun_.empty()) {
      serve_begun();
      if (!write()) turn = Turn::over;
    }
    if (turn == Turn::over || (said_goodbye_ && open_streams() == 0 && live_ == 0)) break;
    if (is_leaving()) leave();
    if (turn == Turn::busy) {
      co_await net::yield(H2Session::network().ready());
      continue;
    }
    nudge_.clear();
    const Woke woke = co_await net::wait_for_any(
        alarm_, deadline(), std::array{readable(), writable(), &stirred(), &nudge_});
    if (woke == Woke::deadline && is_late()) break;
  }
  write();
  break_streams(Code::cancelled, "the connection is gone");
  // Each of them notices, says so in the log, and ends.
  while (live_ > 0) {
    stirred().clear();
    co_await net::wait_for(alarm_, kNever, stirred());
  }
  if (!below().broken().is_set()) co_await linger(H2Session::network(), alarm_, below());
}

// ---- exchanges ------------------------------------------------------------------------

std::shared_ptr<H2Stream> H2Connection::begin(int32_t id) {
  if (live_ + begun_.size() >= kMostServed * service_.options().max_streams) return nullptr;
  return std::allocate_shared<H2Request>(net::FrameAllocator<H2Request>(), *this,
                                         static_cast<H2Session&>(*this), id,
                                         service_.options().limits);
}

void H2Connection::begin_exchange(H2Request& request) {
  begun_.push_back(std::static_pointer_cast<H2Request>(request.shared()));
}

void H2Connection::serve_begun() {
  for (const auto& request : begun_) exchanges_.spawn(serve_one(request));
  begun_.clear();
}

net::Task<void> H2Connection::serve_one(std::shared_ptr<H2Request> request) {
  ++live_;
  bool refused = false;
  {
    H2Exchange exchange(H2Session::network(), request);
    const wire::http1::Objection& objection = request->objection();
    if (request->is_closed()) {
      service_.refused(exchange, {Code::cancelled, Side::downstream, Again::no,
                                  "the client broke it off at once"});
    } else if (!objection) {
      co_await service_.serve(exchange);
    } else {
      const Error error{code_of(objection.fault), Side::downstream, Again::no, objection.detail};
      co_await send(exchange, answer_to(objection.fault, objection.detail),
                    service_.options().body_timeout);
      service_.refused(exchange, error);
    }
    refused = exchange.status() == 400 || exchange.status() == 431;
  }
  if (refused) charge(kCostOfRefusal);
  request.reset();
  if (--live_ == 0) idle_since_ = H2Session::network().now();
  stir();
}

// ---- the end --------------------------------------------------------------------------

bool H2Connection::is_leaving() {
  if (service_.is_draining()) return true;
  const Duration most = service_.options().max_age;
  return most > Duration::zero() && H2Session::network().now() >= saturating_add(opened_, most);
}

// First the warning, then, when what was on its way has come, the last stream's number.
void H2Connection::leave() {
  const Instant now = H2Session::network().now();
  if (leaving_since_ == kNever) {
    leaving_since_ = now;
    nghttp2_submit_shutdown_notice(frames());
    stir();
  } else if (!said_goodbye_ && now >= saturating_add(leaving_since_, kGoodbye)) {
    said_goodbye_ = true;
    nghttp2_submit_goaway(frames(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(frames()), NGHTTP2_NO_ERROR,
                          nullptr, 0);
    stir();
  }
}

// While nobody is served; a head that is coming has its own.
Instant H2Connection::idle_deadline() {
  if (live_ > 0) return kNever;
  const Instant since = open_streams() > 0 ? std::max(idle_since_, last_moved()) : idle_since_;
  return saturating_add(since, service_.options().idle_timeout);
}

// When to look up though nothing happens.
Instant H2Connection::deadline() {
  const ConnectionOptions options = service_.options();
  Instant deadline = kNever;
  if (!is_greeted()) deadline = saturating_add(opened_, options.header_timeout);
  if (head_began() != kNever)
    deadline = std::min(deadline, saturating_add(head_began(), options.header_timeout));
  deadline = std::min(deadline, idle_deadline());
  if (leaving_since_ != kNever && !said_goodbye_)
    deadline = std::min(deadline, saturating_add(leaving_since_, kGoodbye));
  if (leaving_since_ == kNever && options.max_age > Duration::zero())
    deadline = std::min(deadline, saturating_add(opened_, options.max_age));
  return deadline;
}

// Whether it was the client that was too slow; then it is told.
bool H2Connection::is_late() {
  const ConnectionOptions options = service_.options();
  const Instant now = H2Session::network().now();
  if (is_leaving() || leaving_since_ != kNever) {
    if (!said_goodbye_) return false;
  }
  const bool no_greeting = !is_greeted() && now >= saturating_add(opened_, options.header_timeout);
  const bool slow_head =
      head_began() != kNever && now >= saturating_add(head_began(), options.header_timeout);
  const bool idle = now >= idle_deadline();
  if (!no_greeting && !slow_head && !idle) return false;
  if (!no_greeting) end_with("idle", NGHTTP2_NO_ERROR);
  return true;
}

}  // namespace fairlead::http
