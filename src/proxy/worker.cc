#include "proxy/worker.h"

#include <algorithm>
#include <unordered_set>

#include "base/check.h"

namespace fairlead::proxy {
namespace {

// Accepted at one wake-up: enough to keep up with bursts, few enough not to starve those who are
// in.
constexpr int kMostAccepted = 64;
// Without descriptors there is nothing to do but to wait until some connections have ended.
constexpr Duration kExhaustedRest = 100ms;
constexpr Duration kComplainEvery = 10s;

}  // namespace

Worker::Worker(net::Network& network, uint32_t index, uint64_t seed, Outside& outside,
               size_t most_connections, std::shared_ptr<net::TicketKeys> ticket_keys)
    : network_(network),
      outside_(outside),
      index_(index),
      most_connections_(most_connections),
      random_(seed),
      ticket_keys_(std::move(ticket_keys)),
      dialer_(*this),
      upstreams_(network) {}

Worker::~Worker() { cut(); }

const net::TlsLibrary& Worker::tls_library() {
  if (!tls_library_) tls_library_ = std::make_unique<net::TlsLibrary>();
  return *tls_library_;
}

// ---- snapshots ------------------------------------------------------------------------

std::shared_ptr<const View> Worker::make_view(std::shared_ptr<const core::Snapshot> snapshot) {
  auto view = std::make_shared<View>();
  std::map<std::string, std::shared_ptr<core::Pool>> pools;
  std::unordered_set<uint32_t> backends;
  for (const auto& pool_snapshot : snapshot->pools) {
    auto& pool = pools[pool_snapshot->config->name];
    if (const auto known = pools_.find(pool_snapshot->config->name); known != pools_.end())
      pool = known->second;
    else
      pool = std::make_shared<core::Pool>(index_);
    pool->update(pool_snapshot);
    view->pools.push_back(pool);
    for (const core::Member& member : pool_snapshot->members) {
      if (!core::is_to_finish(member.state) || member.lingers)
        backends.insert(member.backend->id());
    }
  }
  pools_ = std::move(pools);
  upstreams_.keep_only(backends);
  for (const uint32_t backend : dialer_.obey(*snapshot)) upstreams_.renew(backend);
  view->snapshot = std::move(snapshot);
  return view;
}

void Worker::take_keys(const core::Snapshot& snapshot) {
  if (snapshot.seal_keys == seal_keys_) return;
  seal_keys_ = snapshot.seal_keys;
  seal_ = seal_keys_ ? std::make_unique<const net::HmacSeal>(tls_library().get(), *seal_keys_)
                     : nullptr;
}

void Worker::obey(std::shared_ptr<const core::Snapshot> snapshot, std::vector<OpenDoor> doors) {
  take_keys(*snapshot);
  view_ = make_view(std::move(snapshot));
  update_listeners(*view_->snapshot);
  if (draining_) return;
  for (OpenDoor& open : doors) doors_[open.address].acceptor = std::move(open.acceptor);
  update_doors(*view_->snapshot);
}

void Worker::update_listeners(const core::Snapshot& snapshot) {
  std::map<std::string, std::unique_ptr<Listener>> before;
  before.swap(listeners_);
  for (size_t i = 0; i < snapshot.listeners.size(); ++i) {
    const core::ListenerConfig& config = *snapshot.listeners[i]->config;
    auto known = before.find(config.name);
    auto& listener = listeners_[config.name];
    if (known != before.end() && known->second->protocol() == config.protocol)
      listener = std::move(known->second);
    else
      listener = make_listener(config.protocol, *this);
    listener->obey(view_, i);
  }
  std::erase_if(retired_, [](const auto& listener) { return listener->connections() == 0; });
  for (auto& [name, listener] : before) {
    if (!listener) continue;
    listener->drain();
    retired_.push_back(std::move(listener));
  }
}

void Worker::update_doors(const core::Snapshot& snapshot) {
  std::map<Address, Listener*> wanted;
  for (const auto& listener : snapshot.listeners) {
    for (const Address& address : listener->config->bind) {
      wanted[address] = listeners_.at(listener->config->name).get();
    }
  }
  for (auto door = doors_.begin(); door != doors_.end();) {
    if (!wanted.contains(door->first)) {
      close_door(door->second);
      door = doors_.erase(door);
    } else {
      ++door;
    }
  }
  for (auto& [address, door] : doors_) {
    door.listener = wanted.at(address);
    if (door.accepting.empty()) door.accepting.spawn(accept_from(door));
  }
}

// ---- accepting ------------------------------------------------------------------------

// False: `error` is why it cannot go on.
bool Worker::accept_some(Door& door, Error& error) {
  for (int i = 0; i < kMostAccepted; ++i) {
    if (is_full()) {
      error = {Code::exhausted, Side::internal, Again::no,
               "as many are open as the limit on open files has room for, with their backends"};
      return false;
    }
    auto stream = door.acceptor->accept();
    if (!stream) {
      error = stream.error();
      return false;
    }
    if (!*stream) return true;
    door.listener->admit(std::move(*stream));
  }
  return true;
}

net::Task<void> Worker::rest_from_accepting(net::Alarm& alarm, const Error& error) {
  if (network_.now() - complained_at_ >= kComplainEvery) {
    complained_at_ = network_.now();
    const char* advice =
        error.code == Code::exhausted
            ? ". Raise the limit on open files (ulimit -n, LimitNOFILE=) or lower max_connections"
            : "";
    outside_.log().error("cannot accept connections: {}{}", error.detail, advice);
  }
  co_await net::sleep_until(alarm, network_.now() + kExhaustedRest);
}

net::Task<void> Worker::accept_from(Door& door) {
  net::Alarm alarm(network_.wheel());
  Error error;
  while (true) {
    co_await net::wait_for(alarm, kNever, door.acceptor->acceptable());
    if (!accept_some(door, error))
      co_await rest_from_accepting(alarm, error);
    else if (door.acceptor->acceptable().is_set())
      co_await net::yield(network_.ready());
  }
}

// Whoever the kernel has accepted for us is still served: only those who come later are refused,
// and, where no connection more may be open here, those who wait.
void Worker::close_door(Door& door) {
  door.accepting.cancel_all();
  if (!door.listener) return;
  // A connection may be in the queue whose event has not been seen yet.
  door.acceptor->acceptable().set_quietly();
  Error error;
  while (door.acceptor->acceptable().is_set() && accept_some(door, error)) {
  }
}

// ---- the end --------------------------------------------------------------------------

void Worker::drain(std::function<void()> done) {
  draining_ = true;
  for (auto& [address, door] : doors_) close_door(door);
  doors_.clear();
  for (auto& [name, listener] : listeners_) listener->drain();
  // Only now: until here the last connection may have ended with others still to be admitted.
  drained_ = std::move(done);
  listener_is_empty();
}

void Worker::listener_is_empty() {
  if (draining_ && drained_ && connections() == 0) std::exchange(drained_, nullptr)();
}

void Worker::survey(const core::Backend& backend) {
  const Instant oldest = errands_.oldest(backend.id());
  backend.tally().of(index_).oldest.store(oldest.time_since_epoch().count(),
                                          std::memory_order_relaxed);
}

void Worker::cut() {
  doors_.clear();
  mirrors_.cancel_all();
  for (auto& [name, listener] : listeners_) listener->cut();
  for (auto& listener : retired_) listener->cut();
}

size_t Worker::connections() const {
  size_t count = 0;
  for (const auto& [name, listener] : listeners_) count += listener->connections();
  for (const auto& listener : retired_) count += listener->connections();
  return count;
}

}  // namespace fairlead::proxy
