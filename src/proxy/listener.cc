#include "proxy/listener.h"

#include "base/check.h"
#include "proxy/http_listener.h"
#include "proxy/tcp_listener.h"
#include "proxy/worker.h"

namespace fairlead::proxy {

void Listener::obey(std::shared_ptr<const View> view, size_t index) {
  view_ = std::move(view);
  snapshot_ = view_->snapshot->listeners[index].get();
  tally_ = &snapshot_->series->tally.of(worker_.index());
}

// A place among the connections of all workers; false: there is none.
bool Listener::take_place() {
  std::atomic<uint32_t>& open = snapshot_->series->open;
  if (open.fetch_add(1, std::memory_order_relaxed) < snapshot_->config->max_connections) return true;
  open.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void Listener::admit(std::unique_ptr<net::Stream> stream) {
  const bool limited = snapshot_->config->max_connections > 0;
  if (limited && !take_place()) {
    tally_->refused.add();
    stream->reset();
    return;
  }
  scope_.spawn(serve(std::move(stream), Presence(*this, limited)));
}

void Listener::drain() {
  draining_ = true;
  nudge();
}

bool Listener::is_draining() const { return draining_ || worker_.is_draining(); }

Listener::Presence::Presence(Listener& listener, bool limited) : listener_(&listener) {
  ++listener.connections_;
  listener.tally_->opened.add();
  if (limited) limited_ = listener.snapshot_->series;
}

Listener::Presence::Presence(Presence&& other) noexcept
    : listener_(std::exchange(other.listener_, nullptr)), limited_(std::move(other.limited_)) {}

Listener::Presence::~Presence() {
  if (!listener_) return;
  if (limited_) limited_->open.fetch_sub(1, std::memory_order_relaxed);
  listener_->tally_->closed.add();
  if (--listener_->connections_ == 0) listener_->worker_.listener_is_empty();
}

std::unique_ptr<Listener> make_listener(core::Protocol protocol, Worker& worker) {
  switch (protocol) {
#define PROTOCOL(name, type) \
  case core::Protocol::name: return std::make_unique<type>(worker);
#include "proxy/list.inc"
#undef PROTOCOL
  }
  check_failed(__FILE__, __LINE__, "every protocol is in list.inc");
}

}  // namespace fairlead::proxy
