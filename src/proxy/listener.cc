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

void Listener::admit(std::unique_ptr<net::Stream> stream) {
  // Counted over all workers, so that the limit is exact. The series lives as long as the name
  // does.
  std::atomic<uint32_t>& open = snapshot_->series->open;
  const uint32_t most = snapshot_->config->max_connections;
  if (open.fetch_add(1, std::memory_order_relaxed) >= most && most > 0) {
    open.fetch_sub(1, std::memory_order_relaxed);
    tally_->refused.add();
    stream->reset();
    return;
  }
  ++connections_;
  tally_->opened.add();
  scope_.spawn(serve(std::move(stream)));
}

void Listener::closed() {
  snapshot_->series->open.fetch_sub(1, std::memory_order_relaxed);
  tally_->closed.add();
  if (--connections_ == 0) worker_.listener_is_empty();
}

void Listener::drain() {
  draining_ = true;
  nudge();
}

bool Listener::is_draining() const { return draining_ || worker_.is_draining(); }

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
