// Outlier: which backends of a pool make too many errors, judged by what traffic met there.
//
//   tallies -> ErrorWindow (one for each backend) -> judge() (the whole pool) -> core/health
//
// Pure: totals and the time are handed in. It only says who deserves what; whether the pool can do
// without one more is may_eject(), and what becomes of the backend is core/health's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "core/config/config.h"
#include "core/series.h"

namespace fairlead::core {

// Outcomes that say something of a backend's health, and those of them that were its errors.
struct Rate {
  uint64_t outcomes = 0;
  uint64_t errors = 0;
  double percent() const {
    return outcomes == 0 ? 0 : 100 * static_cast<double>(errors) / static_cast<double>(outcomes);
  }
  bool operator==(const Rate&) const = default;
};

// Since the process began, over all workers.
Rate rate_of(const PerWorker<BackendTally>& tallies);

// The rate over the last while, from totals that only grow. Remembers at most 32 of them, so its
// edge is off by a thirtieth of the window.
class ErrorWindow {
 public:
  // The totals of now. `window`: how far back rate() looks; it may change from call to call.
  void add(const Rate& totals, Instant now, Duration window);
  // Forgets all before these totals.
  void restart(const Rate& totals, Instant now);
  // What came within the window, up to the last add().
  Rate rate() const;

 private:
  struct Sample {
    Instant at;
    Rate totals;
  };
  std::vector<Sample> samples_;  // the first is the window's edge
  Rate last_;
};

enum class EjectReason : uint8_t { consecutive_errors, error_rate, outlier };
inline constexpr size_t kEjectReasons = 3;
// As metrics name it.
std::string_view name_of(EjectReason reason);

// A backend that gets work now.
struct Observed {
  Rate rate;
  bool degraded = false;  // by its error rate, until now
};

struct Verdict {
  std::optional<EjectReason> eject;
  bool degraded = false;
  uint8_t share = 100;  // percent; also for one that is to be ejected and cannot be
  std::string why;      // empty where nothing is to be said
};

// One verdict for each, in their order. Once degraded, a backend stays so until its rate is at most
// half of `degrade`, or too little comes to tell: rates around the limit change nothing.
std::vector<Verdict> judge(const PassiveConfig& config, std::span<const Observed> pool);

// The backends of a pool that have weight.
struct Strength {
  uint32_t backends = 0;
  uint32_t ejected = 0;
  uint32_t others_serving = 0;  // healthy or degraded, without the one in question
};

// Whether one more may go: never the last that serves, and not more than max_ejected of all; but
// one may in a pool so small that the percentage comes to less, unless it is 0.
bool may_eject(const PassiveConfig& config, const Strength& pool);

}  // namespace fairlead::core
