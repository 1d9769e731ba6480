// Upstreams: one worker's connections to backends: idle ones to take, used ones to keep.
//
// Last in, first out: the connection used last is the least likely to have been closed, and its
// memory is warm. An idle connection is watched: what the backend does to it closes it at once, so
// a dead one is almost never taken.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/backend.h"
#include "core/config/config.h"
#include "http/h1_client.h"
#include "http/message_pool.h"
#include "net/network.h"

namespace fairlead::proxy {

class Upstreams;

// What a request to the backend names where the client named no host: the path of a Unix socket is
// no name for one.
inline std::string_view host_of(const core::Backend& backend) {
  return backend.address().is_unix() ? std::string_view("localhost") : backend.text();
}

// One connection to one backend, idle or in use.
class Upstream : private net::Waiter {
 public:
  Upstream(Upstreams& owner, uint32_t backend, std::unique_ptr<net::Stream> stream,
           net::Network& network, const wire::http1::Limits& limits);
  ~Upstream();

  http::H1Client& client() { return client_; }
  bool is_reused() const { return is_reused_; }
  // Of an exchange that broke off here, whether another backend may be asked: yes where nothing of
  // the request was sent, if_reused where no byte of a response came.
  Again again() const;

 private:
  friend class Upstreams;
  void begin_again();
  void watch();
  static void on_news(net::Waiter& waiter);

  Upstreams& owner_;
  uint32_t backend_;
  http::H1Client client_;
  net::Alarm alarm_;
  bool is_reused_ = false;
  uint32_t era_;  // of its making
  uint64_t sent_before_ = 0;  // this exchange
  uint64_t received_before_ = 0;
};

// A head that was read, and the connection that its body comes on.
struct Answered {
  std::unique_ptr<Upstream> upstream;
  http::PooledResponse head;
  Instant began{};  // when the backend was picked
};

class Upstreams {
 public:
  explicit Upstreams(net::Network& network) : network_(network) {}

  // An idle connection to the backend; null where there is none. With `sure` it is asked of the
  // kernel that it is still open: for requests that must not be sent twice.
  std::unique_ptr<Upstream> take(uint32_t backend, bool sure);
  // A new one around a connected stream.
  std::unique_ptr<Upstream> wrap(uint32_t backend, std::unique_ptr<net::Stream> stream);
  // Keeps it for the next exchange, if it is reusable, the pool keeps any and its backend is one
  // that keep_only() named; else closes it.
  void put(std::unique_ptr<Upstream> upstream, const core::PoolConfig& pool);

  // From now on keeps connections to these backends alone, and closes the idle ones to all others.
  void keep_only(const std::unordered_set<uint32_t>& backends);
  // The backend is spoken to otherwise from now on: closes what is idle, and keeps nothing that is
  // open already.
  void renew(uint32_t backend);

 private:
  friend class Upstream;
  struct Idle {
    std::vector<std::unique_ptr<Upstream>> stack;
    uint32_t since = 0;  // the era of the oldest connection that may be kept
  };
  void close(Upstream& upstream);

  net::Network& network_;
  uint32_t era_ = 0;                         // how often backends were renewed
  std::unordered_map<uint32_t, Idle> idle_;  // by the ids to keep
};

}  // namespace fairlead::proxy
