// Upstreams: one worker's connections to backends: some to take, and back when they can be used
// again.
//
// HTTP/1: last in, first out: the connection used last is the least likely to have been closed, and
// its memory is warm. An idle connection is watched: what the backend does to it closes it at once,
// so a dead one is almost never taken. HTTP/2: one connection serves many exchanges at once;
// another is opened where the backend takes no more on it.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/backend.h"
#include "core/config/config.h"
#include "http/client.h"
#include "http/h2_client_connection.h"
#include "http/message_pool.h"
#include "net/network.h"

namespace fairlead::proxy {

class Upstreams;

// What a request to the backend names where the client named no host: the path of a Unix socket is
// no name for one.
inline std::string_view host_of(const core::Backend& backend) {
  return backend.address().is_unix() ? std::string_view("localhost") : backend.text();
}

// One exchange's way to one backend; of HTTP/1 the connection, idle or in use.
class Upstream : private net::Waiter {
 public:
  Upstream(Upstreams& owner, uint32_t backend, std::unique_ptr<http::Client> client,
           net::Network& network, bool is_reused);
  ~Upstream();

  http::Client& client() { return *client_; }
  const http::Client& client() const { return *client_; }
  // Whether an exchange went over the connection before.
  bool is_reused() const { return is_reused_; }

 private:
  friend class Upstreams;
  void watch();
  static void on_news(net::Waiter& waiter);

  Upstreams& owner_;
  uint32_t backend_;
  std::unique_ptr<http::Client> client_;
  net::Alarm alarm_;
  bool is_reused_ = false;
  uint32_t era_;  // of its making
};

// A head that was read, and the connection that its body comes on.
struct Answered {
  std::unique_ptr<Upstream> upstream;
  http::PooledResponse head;
  Instant began{};  // when the backend was picked
};

// What an exchange asks of its connection.
struct Wanted {
  bool sure = false;   // it must not be sent twice: the connection is open, as the kernel knows
  bool alone = false;  // it becomes a tunnel: HTTP/1, or nothing
};

class Upstreams {
 public:
  // One who waits for what somebody else is about to bring, for as long as this lives.
  class Arrival : public net::Link {
   public:
    // REQUIRES: is_expected(backend).
    Arrival(Upstreams& all, uint32_t backend) { all.expected_[backend].waiting.push_back(*this); }
    // It is there, or will not come.
    net::Event& arrived() { return arrived_; }

   private:
    friend class Upstreams;
    net::Event arrived_;
  };
  // One who makes a connection that others may wait for, for as long as this lives.
  class Expectation {
   public:
    Expectation(Upstreams& all, uint32_t backend) : all_(all), backend_(backend) {
      ++all_.expected_[backend].makers;
    }
    Expectation(const Expectation&) = delete;
    ~Expectation() { all_.arrived(backend_); }

   private:
    Upstreams& all_;
    uint32_t backend_;
  };

  explicit Upstreams(net::Network& network);

  // A connection to the backend that has room; null where there is none.
  std::unique_ptr<Upstream> take(uint32_t backend, Wanted wanted);
  // A new one around a connected stream, for this exchange and perhaps for others.
  std::unique_ptr<Upstream> wrap(uint32_t backend, std::unique_ptr<net::Stream> stream,
                                 const core::PoolConfig& pool);
  // Keeps it for the next exchange, if it is reusable, the pool keeps any and its backend is one
  // that keep_only() named; else closes it.
  void put(std::unique_ptr<Upstream> upstream, const core::PoolConfig& pool);

  // Whether what is made for one exchange with the backend will have room for others.
  bool shares(uint32_t backend, const core::PoolConfig& pool) const {
    return pool.protocol == core::UpstreamProtocol::http2 || speak_http2_.contains(backend);
  }
  // Whether somebody is making one.
  bool is_expected(uint32_t backend) const { return expected_.contains(backend); }

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
  // Clears away the connections that are over, when none of their tasks runs.
  struct Sweep : net::Waiter {
    explicit Sweep(Upstreams& all) : Waiter(&Sweep::run), all_(all) {}
    static void run(net::Waiter& self) { static_cast<Sweep&>(self).all_.sweep(); }
    Upstreams& all_;
  };
  struct Arrivals {
    uint32_t makers = 0;
    net::List<Arrival> waiting;
  };
  using Shared = std::vector<std::unique_ptr<http::H2ClientConnection>>;

  std::unique_ptr<Upstream> take_shared(uint32_t backend, bool sure);
  void close(Upstream& upstream);
  void sweep();
  void arrived(uint32_t backend);
  static void retire(Shared& connections);

  net::Network& network_;
  uint32_t era_ = 0;                         // how often backends were renewed
  std::unordered_map<uint32_t, Idle> idle_;  // by the ids to keep
  Sweep sweep_{*this};
  std::unordered_map<uint32_t, Shared> shared_;      // of HTTP/2, by their backends' ids
  // Backends that have chosen it, and how many exchanges at once a connection took last.
  std::unordered_map<uint32_t, uint32_t> speak_http2_;
  std::unordered_map<uint32_t, Arrivals> expected_;  // backends that somebody connects to
};

}  // namespace fairlead::proxy
