// AdaptiveLimit: how much one backend may have to do at once, found out by how long it takes.
//
// A backend below its capacity answers in its own time; above it, work waits inside and every
// answer takes longer. So the limit follows the ratio of the usual time to that of the last moment
// (the gradient, after Netflix's concurrency-limits): while answers are about as quick as usual it
// grows by its square root, else it shrinks with the ratio. The usual time must not be learnt under
// the very load that it is to judge, or it would creep up with it: every half minute the limit is
// halved for two windows, one to settle and one to measure (Envoy measures its minRTT so). All
// workers share it.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/instant.h"

namespace fairlead::core {

class AdaptiveLimit {
 public:
  static constexpr uint32_t kLeast = 4;  // below it there is nothing to compare
  static constexpr uint32_t kMost = 10'000;
  static constexpr uint32_t kFirst = 20;
  // Answers are compared in windows of at least so long and so many.
  static constexpr Duration kWindow = 100ms;
  static constexpr uint32_t kSamples = 10;
  static constexpr Duration kMeasured = 30s;  // between two measurements of the usual time
  // Half as slow again as usual is noise.
  static constexpr double kTolerance = 1.5;

  // Any thread. Cost: one relaxed read.
  uint32_t limit() const { return limit_.load(std::memory_order_relaxed); }

  // An answer took `latency`; with it, `active` pieces of work were under way. Any thread. Whether
  // the limit is higher now than it was.
  bool add(Duration latency, uint32_t active, Instant now);

 private:
  bool close_window(Instant now);
  // What the limit becomes when a window's answers took `last` ns on average.
  uint32_t next(double last, uint32_t most_active, Instant now);
  // How much work there may be where the answers are as slow as that.
  double step(double last) const;

  std::atomic<uint32_t> limit_{kFirst};
  // The open window. Two workers that meet at its end may lose a sample to the next one.
  std::atomic<int64_t> sum_{0};
  std::atomic<uint32_t> count_{0};
  std::atomic<uint32_t> most_active_{0};
  std::atomic<int64_t> ends_{0};
  // Of whoever closes a window, one at a time.
  std::atomic<bool> closing_{false};
  enum class Phase : uint8_t { open, settling, measuring };
  Phase phase_ = Phase::open;
  Instant measure_at_{};
  double exact_ = kFirst;
  double usual_ = 0;  // ns; 0: nothing was measured
};

}  // namespace fairlead::core
