#include "proxy/listener.h"

#include "base/check.h"
#include "net/tls_accept.h"
#include "proxy/handshake.h"
#include "proxy/http_listener.h"
#include "proxy/tcp_listener.h"
#include "proxy/worker.h"

namespace fairlead::proxy {

void Listener::obey(std::shared_ptr<const View> view, size_t index) {
  const auto before = snapshot_ ? snapshot_->config : nullptr;
  view_ = std::move(view);
  snapshot_ = view_->snapshot->listeners[index].get();
  if (snapshot_->config != before) obey_tls(before.get());
  tally_ = &snapshot_->series->tally.of(worker_.index());
}

// Connections that are there keep what they began with.
void Listener::obey_tls(const core::ListenerConfig* before) {
  const core::ListenerConfig& now = *snapshot_->config;
  if (before && before->tls == now.tls && before->http.versions == now.http.versions) return;
  if (!now.tls) return tls_.reset();
  auto server = make_tls_server(worker_, now);
  if (server) {
    tls_ = std::move(*server);
  } else {
    worker_.outside().log().error(
        "listener {}: {}; {}", now.name, server.error().detail,
        tls_ ? "it goes on with what it had" : "its connections are refused");
  }
}

void Listener::admit(std::unique_ptr<net::Stream> stream) {
  // Counted over all workers, so that the limit is exact. The series lives as long as the name
  // does.
  std::atomic<uint32_t>& open = snapshot_->series->open;
  const uint32_t most = snapshot_->config->max_connections;
  const bool is_full = open.fetch_add(1, std::memory_order_relaxed) >= most && most > 0;
  if (is_full) tally_->refused.add();
  if (is_full || !may_shake_hands()) {
    open.fetch_sub(1, std::memory_order_relaxed);
    stream->reset();
    return;
  }
  ++connections_;
  tally_->opened.add();
  scope_.spawn(snapshot_->config->tls ? serve_encrypted(std::move(stream))
                                      : serve(std::move(stream)));
}

// False: too many are at it already.
bool Listener::may_shake_hands() {
  const auto& tls = snapshot_->config->tls;
  net::Network& network = worker_.network();
  if (!tls || handshakes_.admit(tls->max_handshakes, network.now(), network.ready())) return true;
  tally_->tls.failures.add(Code::overloaded);
  return false;
}

// Shakes hands first; the connection counts as open meanwhile.
net::Task<void> Listener::serve_encrypted(std::unique_ptr<net::Stream> stream) {
  auto at_end =
      std::unique_ptr<Listener, void (*)(Listener*)>(this, [](Listener* self) { self->closed(); });
  if (!tls_) {
    stream->reset();
    co_return;
  }
  {
    Handshake handshake(worker_, view_, *snapshot_, stream->peer(), handshakes_);
    auto encrypted =
        co_await net::tls_accept(worker_.network(), std::move(stream), tls_, handshake.deadline(),
                                 answer_to_plain_http(), &handshake.displaced());
    if (!encrypted) {
      handshake.failed(encrypted.error());
      co_return;
    }
    handshake.done(**encrypted);
    stream = std::move(*encrypted);
  }
  at_end.release();
  co_await serve(std::move(stream));
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
