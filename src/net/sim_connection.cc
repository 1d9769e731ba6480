#include "net/sim_connection.h"

#include <algorithm>

#include "base/check.h"
#include "net/sim_network.h"

namespace fairlead::net {

SimConnection::SimConnection(SimWorld& world, const FaultPlan& plan, const Address& client,
                             const Address& server)
    : world_(world), plan_(plan), number_(world.next_connection()) {
  ends_[kClient].address = client;
  ends_[kServer].address = server;
  draw_faults();
}

void SimConnection::draw_faults() {
  const auto within = static_cast<uint32_t>(std::max<size_t>(plan_.fault_within, 1));
  if (world_.strikes(plan_.reset)) reset_after_ = world_.random().below(within);
  if (!world_.strikes(plan_.cut)) return;
  towards_[world_.random().below(2)].cut_after = world_.random().below(within);
}

void SimConnection::attach(Side side, Stream& stream, ReadyQueue& ready) {
  ends_[side].stream = &stream;
  ends_[side].ready = &ready;
  if (side == kServer) stream.writable().set_quietly();
}

void SimConnection::note(std::string_view what, Side side, std::string_view bytes) {
  world_.trace().note({.when = world_.now(),
                       .what = what,
                       .which = number_ * 2 + side,
                       .detail = bytes.size(),
                       .bytes = bytes});
}

void SimConnection::deliver(Side to, std::function<void()> arrival) {
  Direction& direction = towards_[to];
  direction.last = std::max(direction.last, world_.now() + world_.draw_latency(plan_));
  world_.at(direction.last,
            [self = shared_from_this(), arrival = std::move(arrival)] { arrival(); });
}

// ---- connecting -----------------------------------------------------------------------

void SimConnection::begin() {
  note("connect", kClient);
  if (world_.strikes(plan_.silence)) return;
  deliver(kServer, [this] { knock(); });
}

void SimConnection::knock() {
  if (!ends_[kClient].stream) return;
  const Address& address = ends_[kServer].address;
  SimAcceptor* acceptor = world_.find(address);
  if (!acceptor || world_.strikes(plan_.refuse)) {
    const bool is_there =
        address.is_unix() || address.ip().is_loopback() || world_.has_host(address.ip());
    const Code code = is_there ? Code::refused : Code::unreachable;
    return deliver(kClient, [this, code] { settle(State::failed, code); });
  }
  acceptor->offer(shared_from_this());
  deliver(kClient, [this] { settle(State::open, Code::internal); });
}

void SimConnection::settle(State state, Code code) {
  note(state == State::open ? "connected" : "refused", kClient);
  const End& client = ends_[kClient];
  if (state_ == State::connecting) {
    state_ = state;
    failure_ = code;
  }
  if (!client.stream) return;
  client.stream->writable().set(*client.ready);
  if (state == State::open) return;
  client.stream->readable().set(*client.ready);
  client.stream->broken().set(*client.ready);
}

Io SimConnection::connected() const {
  switch (state_) {
    case State::connecting: return Io::blocked();
    case State::open: return Io::done(0);
    case State::failed: return Io::failed(failure_);
  }
  return Io::blocked();
}

// ---- writing --------------------------------------------------------------------------

Io SimConnection::write(Side side, std::span<const char> from) {
  CHECK(!from.empty());
  End& end = ends_[side];
  Direction& direction = towards_[other(side)];
  if (side == kClient && state_ == State::failed) return Io::failed(failure_);
  if (end.reset || direction.ending) return Io::failed(Code::reset);
  if (!end.stream->writable().is_set()) return Io::blocked();
  const size_t used = direction.waiting.size() + direction.in_flight;
  const size_t space = plan_.buffer - std::min(plan_.buffer, used);
  size_t count = std::min(space, from.size());
  if (count > 1 && world_.strikes(plan_.short_write)) {
    count = 1 + world_.random().below(static_cast<uint32_t>(count - 1));
  }
  if (count < from.size()) {
    end.stream->writable().clear();
    direction.writer_waits = true;
    if (count < space) deliver(side, [this, side] { wake_writer(side); });
  }
  if (count == 0) return Io::blocked();
  send(other(side), std::string(from.data(), count));
  return Io::done(count);
}

void SimConnection::send(Side to, std::string bytes) {
  Direction& direction = towards_[to];
  const size_t sent = bytes.size();
  bool is_cut = false;
  if (direction.cut_after) {
    if (direction.ended) return;  // cut before: swallowed
    is_cut = sent >= *direction.cut_after;
    bytes.resize(std::min(sent, *direction.cut_after));
    *direction.cut_after -= bytes.size();
  }
  direction.in_flight += bytes.size();
  if (!bytes.empty())
    deliver(to, [this, to, bytes = std::move(bytes)] { arrive_bytes(to, bytes); });
  if (is_cut) deliver(to, [this, to] { arrive_end(to); });
  count_towards_reset(sent);
}

void SimConnection::count_towards_reset(size_t bytes) {
  if (!reset_after_) return;
  if (bytes <= *reset_after_) {
    *reset_after_ -= bytes;
    return;
  }
  reset_after_.reset();
  deliver(kClient, [this] { arrive_reset(kClient); });
  deliver(kServer, [this] { arrive_reset(kServer); });
}

void SimConnection::shutdown_write(Side side) {
  Direction& direction = towards_[other(side)];
  if (direction.ending) return;
  direction.ending = true;
  note("shutdown", side);
  deliver(other(side), [this, to = other(side)] { arrive_end(to); });
  const End& end = ends_[side];
  if (towards_[side].ended && end.stream) end.stream->broken().set(*end.ready);
}

void SimConnection::detach(Side side, bool reset) {
  ends_[side].stream = nullptr;
  note(reset ? "reset" : "close", side);
  if (side == kClient && state_ != State::open) state_ = State::failed;
  // Once both directions have ended there is nothing left to reset.
  const bool is_over = towards_[side].ended && towards_[other(side)].ending;
  if (!is_over && (reset || !towards_[side].waiting.empty())) {
    return deliver(other(side), [this, to = other(side)] { arrive_reset(to); });
  }
  shutdown_write(side);
}

// ---- arriving -------------------------------------------------------------------------

void SimConnection::arrive_bytes(Side to, const std::string& bytes) {
  const End& end = ends_[to];
  Direction& direction = towards_[to];
  direction.in_flight -= bytes.size();
  if (end.reset || direction.ended) return;
  // Bytes for whom there is nobody any more are answered with a reset.
  if (!end.stream) return deliver(other(to), [this, from = other(to)] { arrive_reset(from); });
  note("bytes", to, bytes);
  direction.waiting += bytes;
  reveal(to);
}

void SimConnection::reveal(Side to) {
  const End& end = ends_[to];
  towards_[to].visible = towards_[to].waiting.size();
  if (end.stream) end.stream->readable().set(*end.ready);
}

void SimConnection::arrive_end(Side to) {
  const End& end = ends_[to];
  Direction& direction = towards_[to];
  if (direction.ended || end.reset) return;
  direction.ended = true;
  note("end", to);
  if (!end.stream) return;
  reveal(to);
  if (!towards_[other(to)].ending) return;
  end.stream->writable().set(*end.ready);
  end.stream->broken().set(*end.ready);
}

void SimConnection::arrive_reset(Side to) {
  End& end = ends_[to];
  if (!end.stream || end.reset) return;
  end.reset = true;
  note("broken", to);
  if (world_.strikes(plan_.reset_loses)) towards_[to].waiting.clear();
  reveal(to);
  end.stream->writable().set(*end.ready);
  end.stream->broken().set(*end.ready);
}

void SimConnection::wake_writer(Side writer) {
  Direction& direction = towards_[other(writer)];
  const End& end = ends_[writer];
  if (!std::exchange(direction.writer_waits, false) || !end.stream) return;
  end.stream->writable().set(*end.ready);
}

// ---- reading --------------------------------------------------------------------------

Io SimConnection::read(Side side, std::span<char> into) {
  CHECK(!into.empty());
  const End& end = ends_[side];
  const Direction& direction = towards_[side];
  if (side == kClient && state_ == State::failed) return Io::failed(failure_);
  if (!end.stream->readable().is_set()) return Io::blocked();
  const size_t count = take(side, into);
  const bool is_over = direction.waiting.empty() && (direction.ended || end.reset);
  if (count < into.size() && !is_over) end.stream->readable().clear();
  if (count > 0) return Io::done(count);
  if (end.reset) return Io::failed(Code::reset);
  return is_over ? Io::end() : Io::blocked();
}

size_t SimConnection::take(Side side, std::span<char> into) {
  Direction& direction = towards_[side];
  size_t count = std::min(direction.visible, into.size());
  const bool more_may_come = !direction.ended && !ends_[side].reset;
  const bool is_short = count > 1 && more_may_come && world_.strikes(plan_.short_read);
  if (is_short) count = 1 + world_.random().below(static_cast<uint32_t>(count - 1));
  direction.waiting.copy(into.data(), count);
  direction.waiting.erase(0, count);
  direction.visible -= count;
  if (is_short) {
    direction.visible = 0;
    deliver(side, [this, side] { reveal(side); });
  }
  if (count > 0 && direction.writer_waits) {
    deliver(other(side), [this, writer = other(side)] { wake_writer(writer); });
  }
  return count;
}

}  // namespace fairlead::net
