// Counter: a number that one thread raises and any thread reads.
#pragma once

#include <atomic>
#include <cstdint>

namespace fairlead::core {

class Counter {
 public:
  // The writer only. Cost: a load and a store, no lock prefix.
  void add(uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  // Any thread: maybe a little late, never torn, never less than it was.
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace fairlead::core
