#include "proxy/forward.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/grpc.h"
#include "net/wait.h"
#include "proxy/call.h"
#include "proxy/stickiness.h"

namespace fairlead::proxy {

using http::HeadState;
using http::Pump;
using net::Woke;

// ---- the attempt ----------------------------------------------------------------------

net::Task<core::Outcome> Forward::run(Reconsider reconsider) {
  request_moved_ = response_moved_ = exchange_.network().now();
  if (!head_) {
    began_ = asking_ = request_moved_;
    if (!co_await connect() || !send_head()) co_return outcome();
  }
  while (true) {
    switch (turn(reconsider)) {
      case Turn::rest:
        has_rest_ = true;
        errand_.unlink();
        [[fallthrough]];
      case Turn::done:
        if (is_call_ && status_ == 200)
          status_ =
              http::http_status_of(http::grpc_status_in(upstream_->client().source().trailers()));
        upstreams_.put(std::move(upstream_), *rules_.pool);
        co_return outcome();
      case Turn::failed: withdraw(); co_return outcome();
      case Turn::dropped: co_return outcome();
      case Turn::tunnel: co_await tunnel(); co_return outcome();
      case Turn::busy: co_await net::yield(exchange_.network().ready()); break;
      case Turn::blocked:
        if (!co_await wait()) {
          withdraw();
          co_return outcome();
        }
    }
  }
}

void Forward::take_over(Answered answered) {
  upstream_ = std::move(answered.upstream);
  head_ = std::move(answered.head);
  began_ = asking_ = answered.began;
  request_ = Direction::done;
}

// A response that was begun cannot be completed: take it back, or let the client see that it is
// cut.
void Forward::withdraw() {
  if (stickiness_) stickiness_->take_back();
  if (exchange_.responded() && !exchange_.take_back()) exchange_.break_off();
}

void Forward::fail_with(Error error) {
  failed_ = true;
  error_ = std::move(error);
  // Without a byte of a response the work may be given to somebody else: for sure where nothing was
  // sent, perhaps where the connection had been idle.
  if ((error_.side != Side::upstream && error_.code != Code::draining) || !upstream_) return;
  if (const Again again = upstream_->client().again(); again != Again::no) error_.again = again;
}

core::Outcome Forward::outcome() const {
  core::Outcome outcome = failed_
                              ? core::Outcome::failure(error_, upstream_ && upstream_->is_reused())
                              : core::Outcome::success(status_, latency_);
  outcome.status = status_;
  outcome.latency = latency_;
  outcome.response_started = exchange_.responded();
  return outcome;
}

net::Task<bool> Forward::connect() {
  if (!fresh_) {
    const bool sure = !wire::http1::is_idempotent(exchange_.request().method) ||
                      exchange_.request().framing != http::Framing::none;
    upstream_ =
        upstreams_.take(backend_.id(), {.sure = sure, .alone = exchange_.request().upgrade});
  }
  if (upstream_) co_return true;
  if (exchange_.request().upgrade && rules_.pool->protocol == core::UpstreamProtocol::http2) {
    fail_with({Code::refused, Side::internal, Again::no,
               "the pool speaks HTTP/2 alone, and an upgrade is of HTTP/1.1"});
    co_return false;
  }
  const Instant deadline = saturating_add(began_, rules_.pool->connect_timeout);
  auto made =
      co_await proxy::connect({.upstreams = upstreams_,
                               .dialer = rules_.dialer,
                               .pool = *rules_.pool,
                               .backend = backend_,
                               .alarm = exchange_.alarm(),
                               .until = std::min({deadline, try_deadline(), rules_.deadline}),
                               .stops = {.gone = &exchange_.stream().broken(),
                                         .off = &errand_.called_off(),
                                         .overtaken = overtaken_},
                               .alone = exchange_.request().upgrade});
  const Instant now = exchange_.network().now();
  if (overtaken_ && overtaken_->is_set()) {
    give_way();
  } else if (made) {
    upstream_ = std::move(*made);
  } else if (now >= rules_.deadline) {
    time_out();
  } else if (made.error().code == Code::connect_timeout && now >= try_deadline()) {
    give_up();
  } else {
    fail_with(std::move(made.error()));
  }
  co_return upstream_ != nullptr;
}

bool Forward::send_head() {
  http::Client& client = upstream_->client();
  if (!client.send(exchange_.request(), host_of(backend_))) {
    fail_with({Code::malformed, Side::downstream, Again::no,
               "a field of the request cannot be passed on"});
    return false;
  }
  request_moved_ = response_moved_ = exchange_.network().now();
  request_pump_.emplace(exchange_.body(), client.sink());
  return true;
}

// Does all that can be done without waiting.
Forward::Turn Forward::turn(Reconsider reconsider) {
  if (exchange_.stream().broken().is_set()) {
    fail_with({Code::cancelled, Side::downstream, Again::no, "the client broke off"});
    return Turn::failed;
  }
  if (errand_.called_off().is_set()) {
    end_called_off();
    return Turn::failed;
  }
  if (overtaken_ && overtaken_->is_set() && !exchange_.responded()) {
    give_way();
    return Turn::failed;
  }
  const Turn request = move_request();
  if (request == Turn::failed) return Turn::failed;
  const Turn response = response_pump_ ? move_response() : read_response_head(reconsider);
  if (response == Turn::blocked && request == Turn::busy) return Turn::busy;
  return response;
}

// ---- the request ----------------------------------------------------------------------

Forward::Turn Forward::move_request() {
  if (request_ == Direction::done) return Turn::done;
  const uint64_t before = request_pump_->moved();
  const Pump::State state = request_pump_->run();
  if (request_pump_->moved() != before) request_moved_ = exchange_.network().now();
  switch (state) {
    case Pump::State::source_blocked: request_ = Direction::source; return Turn::blocked;
    case Pump::State::sink_blocked: request_ = Direction::sink; return Turn::blocked;
    case Pump::State::busy: return Turn::busy;
    case Pump::State::done:
      request_ = Direction::done;
      request_moved_ = exchange_.network().now();
      return Turn::done;
    case Pump::State::source_failed: fail_with(exchange_.body().error()); return Turn::failed;
    case Pump::State::sink_failed:
      // It may have answered before it broke off: reading tells.
      request_ = Direction::done;
      upstream_->client().stream().readable().set_quietly();
      return Turn::done;
  }
  return Turn::blocked;
}

// ---- the response ---------------------------------------------------------------------

Forward::Turn Forward::read_response_head(Reconsider reconsider) {
  if (head_) {
    const http::PooledResponse read = std::move(head_);
    return take_head(*read, reconsider);
  }
  http::Client& client = upstream_->client();
  http::PooledResponse head;
  while (true) {
    if (!client.may_have_head()) return Turn::blocked;
    if (!head) head = http::take_response();
    switch (client.read_head(*head)) {
      case HeadState::blocked: response_ = Direction::source; return Turn::blocked;
      case HeadState::end:
        fail_with({Code::closed, Side::upstream, Again::no,
                   "the backend closed the connection before its response"});
        return Turn::failed;
      case HeadState::fault: {
        Error error = client.error();
        error.detail = fmt::format("response of {}: {}", backend_.text(), error.detail);
        fail_with(std::move(error));
        return Turn::failed;
      }
      case HeadState::failed: fail_with(client.error()); return Turn::failed;
      case HeadState::complete: break;
    }
    const Turn turn = take_head(*head, reconsider);
    // Blocked behind the final head is the body waiting: it is not to be read as another head.
    if (turn != Turn::blocked || response_pump_) return turn;
  }
}

// Blocked: it was an interim head, another follows.
Forward::Turn Forward::take_head(http::Response& head, Reconsider reconsider) {
  if (head.status < 200) return take_interim(head, reconsider);
  const Instant now = exchange_.network().now();
  status_ = head.status;
  if (is_call_ && status_ == 200)
    status_ = http::http_status_of(head.fields.find("grpc-status").value_or(""));
  latency_ = now - began_;
  response_moved_ = now;
  if (reconsider(outcome())) return Turn::dropped;
  if (stickiness_) stickiness_->answer(head, backend_);
  // A head that is full goes on without it.
  if (!field_name_.empty()) head.fields.add({.name = field_name_, .value = field_value_});
  http::Sink* sink = exchange_.respond(head);
  if (!sink) {
    fail_with({Code::malformed, Side::upstream, Again::no,
               "the head of the response cannot be passed on"});
    return Turn::failed;
  }
  http::Source* body = &upstream_->client().source();
  if (rules_.ahead > 0) body = &ahead_.emplace(*body, rules_.ahead);
  response_pump_.emplace(*body, *sink);
  return move_response();
}

Forward::Turn Forward::take_interim(http::Response& head, Reconsider reconsider) {
  if (++interim_heads_ > http::kMostInterimHeads) {
    fail_with({Code::malformed, Side::upstream, Again::no, "too many interim responses"});
    return Turn::failed;
  }
  response_moved_ = exchange_.network().now();
  if (head.status != 101) {
    exchange_.inform(head);
    return Turn::blocked;
  }
  if (!exchange_.request().upgrade) {
    fail_with({Code::malformed, Side::upstream, Again::no,
               "the backend switched protocols without being asked"});
    return Turn::failed;
  }
  // RFC 9110 7.8: the request comes to its end first. What is left of it would turn into bytes of
  // the tunnel, and what waits in our buffers would be lost.
  if (request_ != Direction::done) {
    fail_with({Code::malformed, Side::upstream, Again::no,
               "the backend switched protocols within the request"});
    return Turn::failed;
  }
  status_ = head.status;
  latency_ = response_moved_ - began_;
  reconsider(outcome());  // what it says of the backend counts; there is no other attempt
  if (stickiness_) stickiness_->answer(head, backend_);
  if (!exchange_.upgrade(head)) {
    fail_with({Code::malformed, Side::upstream, Again::no,
               "the head of the response cannot be passed on"});
    return Turn::failed;
  }
  if (stickiness_) stickiness_->stands();
  upstream_->client().become_tunnel();
  return Turn::tunnel;
}

Forward::Turn Forward::move_response() {
  if (ahead_) ahead_->fill();
  const uint64_t before = response_pump_->moved();
  const Pump::State state = response_pump_->run();
  if (response_pump_->moved() != before) response_moved_ = exchange_.network().now();
  if (stickiness_ && !exchange_.can_take_back()) std::exchange(stickiness_, nullptr)->stands();
  switch (state) {
    case Pump::State::source_blocked: response_ = Direction::source; return Turn::blocked;
    case Pump::State::sink_blocked:
      response_ = Direction::sink;
      return ahead_ && ahead_->is_whole() && request_ == Direction::done ? Turn::rest
                                                                         : Turn::blocked;
    case Pump::State::busy: return Turn::busy;
    case Pump::State::done: return Turn::done;
    case Pump::State::source_failed: {
      Error error = ahead_ ? ahead_->error() : upstream_->client().source().error();
      error.detail = fmt::format("response of {}: {}", backend_.text(), error.detail);
      fail_with(std::move(error));
      return Turn::failed;
    }
    case Pump::State::sink_failed:
      fail_with({Code::cancelled, Side::downstream, Again::no, "the client broke off"});
      return Turn::failed;
  }
  return Turn::blocked;
}

// ---- waiting --------------------------------------------------------------------------

// Whoever keeps us waiting has a limit of his own: the client for its side of a body, the backend
// else.
bool Forward::client_is_slow() const { return response_ == Direction::sink || owes_body(); }

Duration Forward::patience() const {
  return client_is_slow() ? rules_.body_timeout : rules_.timeout;
}

// Who may still be taking what we have written; null: whoever is slow is to send.
net::Stream* Forward::slow_taker() {
  if (response_ == Direction::sink) return &exchange_.stream();
  return owes_body() ? nullptr : &upstream_->client().stream();
}

Instant Forward::deadline() {
  const Instant stuck =
      slow_taker() ? delivery_.deadline(moved(), patience()) : saturating_add(moved(), patience());
  return std::min(rules_.deadline, client_is_slow() ? stuck : std::min(stuck, try_deadline()));
}

// Of the attempt as a whole; never, once the head is there.
Instant Forward::try_deadline() const {
  if (rules_.per_try_timeout == Duration::zero() || status_ != 0) return kNever;
  return saturating_add(asking_, rules_.per_try_timeout);
}

// Whether the client is to send more of its body. Not while it waits to be told to go on.
bool Forward::owes_body() const {
  const bool waits_for_100 =
      exchange_.request().expect_continue && interim_heads_ == 0 && request_pump_->moved() == 0;
  return request_ == Direction::source && !waits_for_100;
}

void Forward::time_out() {
  if (exchange_.network().now() >= rules_.deadline) {
    fail_with(caller_gave_up());
  } else if (response_ == Direction::sink) {
    fail_with({Code::timeout, Side::downstream, Again::no, "the client reads too slowly"});
  } else if (owes_body()) {
    fail_with({Code::timeout, Side::downstream, Again::no, "the request body came too slowly"});
  } else if (exchange_.network().now() >= try_deadline()) {
    give_up();
  } else {
    const char* what = status_ ? "gone on with its response" : "begun its response";
    fail_with({Code::timeout, Side::upstream, Again::no,
               fmt::format("{} has not {} within {} s", backend_.text(), what,
                           to_seconds(rules_.timeout))});
    error_.again = Again::no;  // it may be at work on it
  }
}

// per_try_timeout: somebody else may be asked, also where this one sent interim heads.
void Forward::give_up() {
  fail_with({Code::timeout, Side::upstream, Again::yes,
             fmt::format("{} has not begun its response within the per_try_timeout of {} s",
                         backend_.text(), to_seconds(rules_.per_try_timeout))});
  const bool sent = upstream_ && upstream_->client().again() != Again::yes;
  error_.again = sent ? Again::if_reused : Again::yes;
}

void Forward::end_called_off() {
  fail_with({Code::draining, Side::internal, Again::no,
             fmt::format("{} is drained, and its drain_timeout is over", backend_.text())});
}

void Forward::give_way() {
  gave_way_ = true;
  latency_ = exchange_.network().now() - began_;
  fail_with({Code::cancelled, Side::internal, Again::no, "another backend was quicker"});
}

// False: the deadline came first.
net::Task<bool> Forward::wait() {
  net::Stream& down = exchange_.stream();
  net::Stream& up = upstream_->client().stream();
  net::Event* for_request = nullptr;
  if (request_ == Direction::source) for_request = &down.readable();
  if (request_ == Direction::sink) for_request = &up.writable();
  net::Event* for_response = response_ == Direction::sink ? &down.writable() : &up.readable();
  const bool for_client = owes_body();
  const Woke woke = co_await net::wait_for_any(
      exchange_.alarm(), deadline(),
      std::array{for_request, for_response, reads_ahead() ? &up.readable() : nullptr,
                 &down.broken(), &errand_.called_off(),
                 exchange_.responded() ? nullptr : overtaken_});
  if (for_client) asking_ = exchange_.network().now();
  if (woke == Woke::event) co_return true;
  net::Stream* taker = slow_taker();
  const Instant now = exchange_.network().now();
  const bool given_up = !client_is_slow() && now >= try_deadline();
  if (now < rules_.deadline && !given_up && taker &&
      !delivery_.is_stuck(taker->in_flight(), moved(), patience(), now))
    co_return true;
  time_out();
  co_return false;
}

// While the client is slow, for the backend's next bytes too.
bool Forward::reads_ahead() const {
  return response_ == Direction::sink && ahead_ && ahead_->has_room();
}

// All of it is here: the client alone is waited for.
net::Task<void> Forward::deliver_rest() {
  net::Stream& down = exchange_.stream();
  while (true) {
    const Turn turn = move_response();
    if (turn == Turn::done) co_return;
    if (turn == Turn::failed) break;
    if (turn == Turn::busy) {
      co_await net::yield(exchange_.network().ready());
      continue;
    }
    const Woke woke =
        co_await net::wait_for(exchange_.alarm(), delivery_.deadline(moved(), rules_.body_timeout),
                               down.writable(), down.broken());
    if (down.broken().is_set()) {
      fail_with({Code::cancelled, Side::downstream, Again::no, "the client broke off"});
      break;
    }
    const Instant now = exchange_.network().now();
    if (woke == Woke::event ||
        !delivery_.is_stuck(down.in_flight(), moved(), rules_.body_timeout, now))
      continue;
    time_out();
    break;
  }
  withdraw();
}

}  // namespace fairlead::proxy
