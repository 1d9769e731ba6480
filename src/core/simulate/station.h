// Station: one simulated backend: so many at work at once, the rest in line, first come first
// served. Keeps integrals over time, so that means are exact whatever the moments of change.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "base/instant.h"

namespace fairlead::core {

// What a station did in a stretch of time.
struct StationLoad {
  uint64_t requests = 0;       // that were sent to it
  uint32_t max_active = 0;     // at work and in line
  uint32_t longest_queue = 0;  // in line
  double busy_seconds = 0;     // added up over its servers
  double queue_seconds = 0;    // added up over those in line
};

class Station {
 public:
  explicit Station(uint32_t servers) : servers_(servers) {}

  uint32_t servers() const { return servers_; }
  bool is_dead() const { return dead_; }
  double slowness() const { return slowness_; }
  void slow_down(double factor) { slowness_ *= factor; }

  // A job comes in: whether it is worked on at once.
  bool arrive(uint32_t job, Instant now) {
    pass_time(now);
    ++load_.requests;
    const bool starts = working_ < servers_;
    if (starts)
      ++working_;
    else
      queue_.push_back(job);
    load_.max_active = std::max(load_.max_active, active());
    load_.longest_queue = std::max(load_.longest_queue, static_cast<uint32_t>(queue_.size()));
    return starts;
  }

  // A job is done. Calls start(job) for the one that is next in line.
  template <typename Start>
  void finish(Instant now, Start&& start) {
    pass_time(now);
    --working_;
    if (queue_.empty()) return;
    const uint32_t next = queue_.front();
    queue_.pop_front();
    ++working_;
    start(next);
  }

  // Nobody is served from now on; what is there is forgotten.
  void die(Instant now) {
    pass_time(now);
    dead_ = true;
    working_ = 0;
    queue_.clear();
  }

  // What it did since the last reading.
  StationLoad read(Instant now) {
    pass_time(now);
    StationLoad read = load_;
    load_ = {.max_active = active(), .longest_queue = static_cast<uint32_t>(queue_.size())};
    return read;
  }

 private:
  uint32_t active() const { return working_ + static_cast<uint32_t>(queue_.size()); }
  void pass_time(Instant now) {
    const double seconds = to_seconds(now - seen_);
    load_.busy_seconds += seconds * working_;
    load_.queue_seconds += seconds * static_cast<double>(queue_.size());
    seen_ = now;
  }

  uint32_t servers_;
  uint32_t working_ = 0;
  bool dead_ = false;
  double slowness_ = 1;
  std::deque<uint32_t> queue_;
  StationLoad load_;
  Instant seen_{};
};

}  // namespace fairlead::core
