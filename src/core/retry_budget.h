// RetryBudget: how many retries of a pool, hedges among them, are in flight, exactly, over all
// workers.
//
// Retries help while few requests fail; when everything fails they multiply the load on what is
// left. So they may be a share of the pool's live work and no more. A retry is in flight from the
// decision to make it until its response's head came, or it failed.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>

#include "core/config/config.h"

namespace fairlead::core {

// So many retries at once a pool may always have: a share of little work is nothing, and a site
// with one request a minute is to have its retries as well.
inline constexpr uint32_t kFreeRetries = 3;

// How many retries may be in flight. `budget` is RetryConfig::budget, `live` the work under way,
// retries and the attempt that has just failed included.
constexpr uint32_t most_retries(uint32_t budget, uint64_t live) {
  if (budget == kNoBudget) return UINT32_MAX;
  return static_cast<uint32_t>(std::clamp<uint64_t>(live * budget / 100, kFreeRetries, UINT32_MAX));
}

class RetryBudget {
 public:
  // Any thread.
  uint32_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

 private:
  friend class RetryLeave;
  alignas(64) std::atomic<uint32_t> in_flight_{0};
};

// One retry in flight, as long as this lives; or none, if it is empty.
class RetryLeave {
 public:
  RetryLeave() = default;
  // Empty where there are `most` in flight already. `held` is given up, or becomes this one: it is
  // not counted beside itself. The budget must outlive this. Cost: one compare and exchange.
  RetryLeave(RetryBudget& budget, uint32_t most, RetryLeave held);
  RetryLeave(RetryLeave&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)) {}
  RetryLeave& operator=(RetryLeave&& other) noexcept {
    std::swap(budget_, other.budget_);
    other.give_back();
    return *this;
  }
  ~RetryLeave() { give_back(); }

  explicit operator bool() const { return budget_ != nullptr; }
  void give_back();

 private:
  RetryBudget* budget_ = nullptr;
};

}  // namespace fairlead::core
