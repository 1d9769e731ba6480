// Series: the tallies of one listener, route or pool over all workers, kept across reloads.
//
// A snapshot points at them, so the data path finds its counters without a look-up, and a reload
// that keeps a route's name keeps its numbers. The Registry makes them; the last snapshot that
// points at one ends it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "core/retry_budget.h"
#include "core/sticky/learned.h"
#include "core/tally.h"
#include "core/waiting_line.h"

namespace fairlead::core {

// One T for each worker, built by the worker when it first asks: thousands of backends that see no
// traffic cost a pointer each.
template <typename T>
class PerWorker {
 public:
  explicit PerWorker(uint32_t workers)
      : count_(workers), items_(std::make_unique<std::atomic<T*>[]>(workers)) {}
  ~PerWorker() {
    for (uint32_t i = 0; i < count_; ++i) delete items_[i].load(std::memory_order_acquire);
  }
  PerWorker(const PerWorker&) = delete;
  PerWorker& operator=(const PerWorker&) = delete;

  // The worker's own. REQUIRES: worker < workers; called by that worker only. The reference lasts
  // as long as this object. Cost: a read and a branch, an allocation at the first call.
  T& of(uint32_t worker) const {
    T* item = items_[worker].load(std::memory_order_relaxed);
    return item != nullptr ? *item : build(worker);
  }

  // Calls f(const T&) for each that was built. Any thread.
  template <typename F>
  void each(F&& f) const {
    for (uint32_t i = 0; i < count_; ++i) {
      if (const T* item = items_[i].load(std::memory_order_acquire)) f(*item);
    }
  }

 private:
  [[gnu::noinline]] T& build(uint32_t worker) const {
    T* item = new T;
    items_[worker].store(item, std::memory_order_release);
    return *item;
  }

  uint32_t count_;
  std::unique_ptr<std::atomic<T*>[]> items_;
};

struct ListenerSeries {
  ListenerSeries(std::string name, uint32_t workers) : listener(std::move(name)), tally(workers) {}
  const std::string listener;
  PerWorker<ListenerTally> tally;
  // Open connections over all workers: what max_connections limits.
  alignas(64) std::atomic<uint32_t> open{0};
};

struct RouteSeries {
  RouteSeries(std::string listener_name, std::string route_name, std::string pool_name,
              uint32_t workers)
      : listener(std::move(listener_name)),
        route(std::move(route_name)),
        pool(std::move(pool_name)),
        tally(workers) {}
  const std::string listener;
  const std::string route;
  const std::string pool;  // empty for a route that answers itself
  PerWorker<RouteTally> tally;
  // Requests under way over all workers, where max_connections limits them.
  alignas(64) mutable std::atomic<uint32_t> active{0};
};

struct PoolSeries {
  PoolSeries(std::string name, uint32_t workers) : pool(std::move(name)), tally(workers) {}
  const std::string pool;
  PerWorker<PoolTally> tally;
  RetryBudget retries;  // alone on its line
  WaitingLine line;     // for a backend with room, where max_connections is set
  Learned learned;      // the application's sessions, where they are learned
};

}  // namespace fairlead::core
