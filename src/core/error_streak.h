// ErrorStreak: how many errors a backend gave in a row, counted by all workers together.
//
// Exact over the workers, so that five errors are five wherever they were met. It is read at every
// success and written at the first one behind an error, so a well backend's stays in every cache.
#pragma once

#include <atomic>
#include <cstdint>

namespace fairlead::core {

class ErrorStreak {
 public:
  // One more; the length with it. Any thread.
  uint32_t add() { return count_.fetch_add(1, std::memory_order_relaxed) + 1; }
  // The streak is over. Any thread. Cost: one relaxed read, as long as there was no error.
  void end() {
    if (count_.load(std::memory_order_relaxed) != 0) count_.store(0, std::memory_order_relaxed);
  }
  uint32_t length() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint32_t> count_{0};
};

}  // namespace fairlead::core
