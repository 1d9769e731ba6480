#include "proxy/upstreams.h"

#include <algorithm>

namespace fairlead::proxy {
namespace {

// Of response heads. Not configurable: what is larger is broken or hostile.
constexpr wire::http1::Limits kResponseLimits;

}  // namespace

Upstream::Upstream(Upstreams& owner, uint32_t backend, std::unique_ptr<net::Stream> stream,
                   net::Network& network, const wire::http1::Limits& limits)
    : Waiter(&Upstream::on_news),
      owner_(owner),
      backend_(backend),
      client_(std::move(stream), limits),
      alarm_(network.wheel()),
      era_(owner.era_) {}

Upstream::~Upstream() { client_.stream().readable().unwatch(*this); }

Again Upstream::again() const {
  if (client_.bytes_received() != received_before_) return Again::no;
  return client_.bytes_sent() == sent_before_ ? Again::yes : Again::if_reused;
}

void Upstream::begin_again() {
  is_reused_ = true;
  sent_before_ = client_.bytes_sent();
  received_before_ = client_.bytes_received();
}

void Upstream::watch() { client_.stream().readable().watch(*this); }

// While idle: the backend has closed it, sent something unasked, or its time is up. What TLS sends
// for itself, such as tickets, ends nothing.
void Upstream::on_news(net::Waiter& waiter) {
  auto& self = static_cast<Upstream&>(waiter);
  if (!self.alarm_.rang() && self.client_.stream().is_quiet()) return self.watch();
  self.owner_.close(self);
}

std::unique_ptr<Upstream> Upstreams::wrap(uint32_t backend, std::unique_ptr<net::Stream> stream) {
  return std::make_unique<Upstream>(*this, backend, std::move(stream), network_, kResponseLimits);
}

std::unique_ptr<Upstream> Upstreams::take(uint32_t backend, bool sure) {
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
    const bool alive = !stream.readable().is_set() && (!sure || stream.is_quiet());
    if (!alive) continue;
    upstream->begin_again();
    return upstream;
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

void Upstreams::keep_only(const std::unordered_set<uint32_t>& backends) {
  std::erase_if(idle_, [&](const auto& entry) { return !backends.contains(entry.first); });
  for (const uint32_t backend : backends) idle_.try_emplace(backend, Idle{{}, era_});
}

void Upstreams::renew(uint32_t backend) {
  ++era_;
  const auto found = idle_.find(backend);
  if (found != idle_.end()) found->second = Idle{{}, era_};
}

}  // namespace fairlead::proxy
