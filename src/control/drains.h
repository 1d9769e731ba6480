// Drains: counts down the work at backends that an order, its own word or a reload takes out.
//
//   begin -> published -> every worker obeys -> nothing runs there any more: ended
//                                            -> its deadline: cut, again and again until nothing
//                                            does
//
// A backend whose kept clients may finish (sticky sessions) lingers: it takes them until its
// deadline, and only then comes to its end as above.
//
// Whether a backend gets new work is not decided here but by its health. Control thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/instant.h"
#include "core/backend.h"
#include "net/network.h"
#include "net/scope.h"

namespace fairlead::control {

struct Drain {
  std::shared_ptr<core::Backend> backend;
  Duration timeout{};
  Instant began{};
  bool removed = false;    // it is in the configuration no more
  bool lingers = false;    // its kept clients may come until the deadline
  bool published = false;  // workers are on their way to leave it alone
  bool obeyed = false;     // they all do
  bool ended = false;      // nothing runs there
  bool cutting = false;    // the deadline is over
  uint32_t at_first = 0;   // what ran there when it began
  uint32_t cut = 0;        // what was left at the deadline
  uint64_t number = 0;     // tells it from an earlier one of the same backend

  Instant deadline() const { return saturating_add(began, timeout); }
  // Zero at and behind the deadline.
  Duration left(Instant now) const { return std::max(Duration::zero(), deadline() - now); }
};

// "drained", "drained: 3 were cut off after 30 s".
std::string words_for(const Drain& drain);

class Drains {
 public:
  struct Calls {
    // Nothing runs there any more. Must not call back.
    std::function<void(const Drain&)> ended;
    // One that lingered does no more: its kept clients are to go elsewhere, published when this
    // returns.
    std::function<void(const Drain&)> closed{};
    // Every worker is to break off what it has running there; empty: there are no workers.
    std::function<void(uint32_t backend)> cut;
    // Every worker is to note in the backend's tally how old its oldest work there is.
    std::function<void(const std::shared_ptr<core::Backend>&)> survey;
    // Calls back, on this thread, when every worker obeys what was published until now; empty: they
    // do at once.
    std::function<void(std::function<void()>)> fence;
  };
  Drains(net::Network& network, Calls calls);

  // One that drains already keeps its deadline, and tells anew when it has ended.
  void begin(const std::shared_ptr<core::Backend>& backend, Duration timeout, bool lingers = false);
  // The same for one that a reload has taken out; forgotten when it has ended.
  void begin_removed(const std::shared_ptr<core::Backend>& backend, Duration timeout);
  // It gets work again, or is another's business.
  void forget(uint32_t backend) { drains_.erase(backend); }
  // A snapshot was published that gives none of them new work.
  void published();

  const Drain* find(uint32_t backend) const;  // null: it does not drain
  const std::map<uint32_t, Drain>& all() const { return drains_; }

 private:
  Drain& add(const std::shared_ptr<core::Backend>& backend, Duration timeout);
  void close(Drain& drain);
  bool is_busy() const;
  net::Task<void> run();
  void look();
  void look_at(Drain& drain);
  void end(Drain& drain);

  net::Network& network_;
  Calls calls_;
  std::map<uint32_t, Drain> drains_;  // by backend id
  uint64_t count_ = 0;
  net::Alarm alarm_;
  net::Event begun_;
  net::Scope scope_;
};

}  // namespace fairlead::control
