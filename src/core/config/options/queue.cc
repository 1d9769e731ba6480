// queue: who waits where every backend of a pool is at its max_connections.
#include "core/config/options/sections.h"
#include "core/config/types.h"

namespace fairlead::core {

const Section<QueueConfig>& queue_section() {
  static const Section<QueueConfig> section = {
      .name = "queue",
      .heading = "Queues",
      .help =
          "Where every backend that may get work is at the pool's `max_connections`, new work "
          "waits "
          "its turn, first come first served over all workers. `off`: nobody waits.",
      .options = {{"limit", &QueueConfig::limit, whole_number(0, 1'000'000, "waiting"),
                   "How many may wait at once; who comes then is answered 503 at once.", "200"},
                  {"timeout", &QueueConfig::timeout, duration(1ms, 1h),
                   "How long each may wait; then it is answered 503.", "2s"}},
      .turn_off = [](QueueConfig& queue) { queue.limit = 0; },
      .is_off = [](const QueueConfig& queue) { return queue.limit == 0; },
  };
  return section;
}

}  // namespace fairlead::core
