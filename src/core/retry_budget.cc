#include "core/retry_budget.h"

namespace fairlead::core {

RetryLeave::RetryLeave(RetryBudget& budget, uint32_t most, RetryLeave held) {
  if (held) {
    if (budget.in_flight() <= most) std::swap(budget_, held.budget_);
    return;
  }
  uint32_t now = budget.in_flight();
  while (now < most) {
    if (!budget.in_flight_.compare_exchange_weak(now, now + 1, std::memory_order_relaxed)) continue;
    budget_ = &budget;
    return;
  }
}

void RetryLeave::give_back() {
  if (RetryBudget* budget = std::exchange(budget_, nullptr))
    budget->in_flight_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace fairlead::core
