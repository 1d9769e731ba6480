#include "core/adaptive_limit.h"

#include <algorithm>
#include <cmath>

namespace fairlead::core {
namespace {

// Half of too much is still too much: so far a measurement may raise the usual time, so that a
// backend that has become slower for good is believed after some of them.
constexpr double kRaise = 1.25;
// How much of each step is taken at once.
constexpr double kStep = 0.2;

}  // namespace

bool AdaptiveLimit::add(Duration latency, uint32_t active, Instant now) {
  sum_.fetch_add(latency.count(), std::memory_order_relaxed);
  const uint32_t count = count_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (active > most_active_.load(std::memory_order_relaxed))
    most_active_.store(active, std::memory_order_relaxed);
  const bool over = now.time_since_epoch().count() >= ends_.load(std::memory_order_relaxed);
  return over && count >= kSamples && close_window(now);
}

bool AdaptiveLimit::close_window(Instant now) {
  if (closing_.exchange(true, std::memory_order_acquire)) return false;  // somebody else does
  const uint32_t count = count_.exchange(0, std::memory_order_relaxed);
  const auto sum = static_cast<double>(sum_.exchange(0, std::memory_order_relaxed));
  const uint32_t most_active = most_active_.exchange(0, std::memory_order_relaxed);
  ends_.store((now + kWindow).time_since_epoch().count(), std::memory_order_relaxed);
  bool higher = false;
  if (count > 0) {
    const uint32_t limit = next(sum / count, most_active, now);
    higher = limit > limit_.exchange(limit, std::memory_order_relaxed);
  }
  closing_.store(false, std::memory_order_release);
  return higher;
}

uint32_t AdaptiveLimit::next(double last, uint32_t most_active, Instant now) {
  const auto halved = std::max(kLeast, static_cast<uint32_t>(exact_ / 2));
  // Who has little to do shows his own time, and nothing of his limit.
  const bool is_full = most_active >= limit_.load(std::memory_order_relaxed);
  const bool is_idle = most_active <= halved && !is_full;
  if (phase_ == Phase::settling) {
    phase_ = Phase::measuring;
    return halved;
  }
  if (phase_ == Phase::measuring || is_idle || usual_ == 0) {
    const bool sure = phase_ == Phase::open;
    phase_ = Phase::open;
    usual_ = sure ? last : std::min(last, usual_ * kRaise);
    measure_at_ = now + kMeasured;
    return static_cast<uint32_t>(exact_);
  }
  usual_ = std::min(usual_, last);
  if (now >= measure_at_) {
    phase_ = Phase::settling;
    return halved;
  }
  exact_ = step(last);
  return static_cast<uint32_t>(exact_);
}

double AdaptiveLimit::step(double last) const {
  const double gradient = std::clamp(kTolerance * usual_ / std::max(last, 1.0), 0.5, 1.0);
  const double aim = exact_ * gradient + std::sqrt(exact_);
  return std::clamp(exact_ + (aim - exact_) * kStep, double{kLeast}, double{kMost});
}

}  // namespace fairlead::core
