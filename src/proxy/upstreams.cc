#include "proxy/upstreams.h"

#include <algorithm>

#include "http/h1_client.h"

namespace fairlead::proxy {
namespace {

// Of response heads. Not configurable: what is larger is broken or hostile.
constexpr wire::http1::Limits kResponseLimits;

// By what the two have agreed on; in clear text by what the pool says.
bool speaks_http2(const net::Stream& stream, const core::PoolConfig& pool) {
  const net::TlsFacts tls = stream.tls();
  if (tls.is_encrypted() && !tls.protocol.empty()) return tls.protocol == "h2";
  return pool.protocol == core::UpstreamProtocol::http2;
}

}  // namespace

Upstream::Upstream(Upstreams& owner, uint32_t backend, std::unique_ptr<http::Client> client,
                   net::Network& network, bool is_reused)
    : Waiter(&Upstream::on_news),
      owner_(owner),
      backend_(backend),
      client_(std::move(client)),
      alarm_(network.wheel()),
      is_reused_(is_reused),
      era_(owner.era_) {}

Upstream::~Upstream() { client_->stream().readable().unwatch(*this); }

void Upstream::watch() { client_->stream().readable().watch(*this); }

// While idle: the backend has closed it, sent something unasked, or its time is up. What TLS sends
// for itself, such as tickets, ends nothing.
void Upstream::on_news(net::Waiter& waiter) {
  auto& self = static_cast<Upstream&>(waiter);
  if (!self.alarm_.rang() && self.client_->stream().is_quiet()) return self.watch();
  self.owner_.close(self);
}

Upstreams::Upstreams(net::Network& network) : network_(network) {}

std::unique_ptr<Upstream> Upstreams::wrap(uint32_t backend, std::unique_ptr<net::Stream> stream,
                                          const core::PoolConfig& pool) {
  if (!speaks_http2(*stream, pool)) {
    auto client = std::make_unique<http::H1Client>(std::move(stream), kResponseLimits);
    return std::make_unique<Upstream>(*this, backend, std::move(client), network_, false);
  }
  uint32_t& streams =
      speak_http2_.try_emplace(backend, http::H2ClientConnection::kMostStreams).first->second;
  Shared& connections = shared_[backend];
  if (!connections.empty()) streams = std::max(1u, connections.back()->most_streams());
  auto& connection = connections.emplace_back(std::make_unique<http::H2ClientConnection>(
      network_, std::move(stream), pool.idle_timeout, streams, sweep_));
  auto upstream = std::make_unique<Upstream>(*this, backend, connection->open(), network_, false);
  // Nobody keeps it for a backend that is gone.
  if (!idle_.contains(backend)) connection->retire();
  return upstream;
}

std::unique_ptr<Upstream> Upstreams::take(uint32_t backend, Wanted wanted) {
  if (!shared_.empty() && !wanted.alone) {
    if (auto upstream = take_shared(backend, wanted.sure)) return upstream;
  }
  const auto found = idle_.find(backend);
  if (found == idle_.end()) return nullptr;
  auto& stack = found->second.stack;
  while (!stack.empty()) {
    std::unique_ptr<Upstream> upstream = std::move(stack.back());
    stack.pop_back();
    net::Stream& stream = upstream->client().stream();
    stream.readable().unwatch(*upstream);
    upstream->alarm_.stop();
    upstream->unlink();
    const bool alive = !stream.readable().is_set() && (!wanted.sure || stream.is_quiet());
    if (!alive) continue;
    upstream->is_reused_ = true;
    return upstream;
  }
  return nullptr;
}

// The oldest that has room, so that the others run empty and end.
std::unique_ptr<Upstream> Upstreams::take_shared(uint32_t backend, bool sure) {
  const auto found = shared_.find(backend);
  if (found == shared_.end()) return nullptr;
  for (auto& connection : found->second) {
    if (!connection->has_room() || (sure && !connection->is_alive())) continue;
    return std::make_unique<Upstream>(*this, backend, connection->open(), network_, true);
  }
  return nullptr;
}

void Upstreams::put(std::unique_ptr<Upstream> upstream, const core::PoolConfig& pool) {
  if (!upstream->client().is_reusable()) return;
  const auto found = idle_.find(upstream->backend_);
  if (found == idle_.end()) return;
  auto& stack = found->second.stack;
  if (upstream->era_ < found->second.since) return;
  if (stack.size() >= pool.idle_connections) return;
  upstream->client().next();
  upstream->watch();
  upstream->alarm_.start(saturating_add(network_.now(), pool.idle_timeout), *upstream);
  stack.push_back(std::move(upstream));
}

void Upstreams::close(Upstream& upstream) {
  std::erase_if(idle_.at(upstream.backend_).stack,
                [&](const auto& item) { return item.get() == &upstream; });
}

void Upstreams::sweep() {
  for (auto& [backend, connections] : shared_)
    std::erase_if(connections, [](const auto& connection) { return connection->is_over(); });
  std::erase_if(shared_, [](const auto& entry) { return entry.second.empty(); });
}

void Upstreams::keep_only(const std::unordered_set<uint32_t>& backends) {
  std::erase_if(idle_, [&](const auto& entry) { return !backends.contains(entry.first); });
  for (const uint32_t backend : backends) idle_.try_emplace(backend, Idle{{}, era_});
  std::erase_if(speak_http2_, [&](const auto& entry) { return !backends.contains(entry.first); });
  for (auto& [backend, connections] : shared_) {
    if (!backends.contains(backend)) retire(connections);
  }
}

void Upstreams::renew(uint32_t backend) {
  ++era_;
  speak_http2_.erase(backend);
  const auto found = idle_.find(backend);
  if (found != idle_.end()) found->second = Idle{{}, era_};
  const auto shared = shared_.find(backend);
  if (shared != shared_.end()) retire(shared->second);
}

void Upstreams::retire(Shared& connections) {
  for (auto& connection : connections) connection->retire();
}

// Whoever waited looks again: one of them may have to make it himself.
void Upstreams::arrived(uint32_t backend) {
  const auto found = expected_.find(backend);
  if (--found->second.makers > 0) return;
  net::List<Arrival> waiting;
  waiting.take_all(found->second.waiting);
  expected_.erase(found);
  while (!waiting.empty()) {
    Arrival& one = waiting.front();
    one.unlink();
    one.arrived_.set(network_.ready());
  }
}

}  // namespace fairlead::proxy
