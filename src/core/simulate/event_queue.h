// EventQueue: what happens next on a virtual clock.
//
// A binary heap in one vector: no allocation for an event once the vector has grown to the most
// that were ever pending. Events of the same moment come in the order in which they were put.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/instant.h"

namespace fairlead::core {

struct Event {
  Instant at;
  uint64_t order = 0;
  uint32_t job = 0;
  uint32_t stamp = 0;  // of the job when it was put: an event of a job that has moved on is stale
};

class EventQueue {
 public:
  void put(Instant at, uint32_t job, uint32_t stamp) {
    events_.push_back({at, order_++, job, stamp});
    std::ranges::push_heap(events_, later);
  }
  bool empty() const { return events_.empty(); }
  // REQUIRES: !empty().
  const Event& next() const { return events_.front(); }
  Event take() {
    std::ranges::pop_heap(events_, later);
    const Event event = events_.back();
    events_.pop_back();
    return event;
  }

 private:
  static bool later(const Event& a, const Event& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }

  std::vector<Event> events_;
  uint64_t order_ = 0;
};

}  // namespace fairlead::core
