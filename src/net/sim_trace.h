// SimTrace: a running hash of all that happened in a simulation. Same seed, same hash.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/instant.h"

namespace fairlead::net {

class SimTrace {
 public:
  using Watcher =
      std::function<void(Instant, std::string_view what, uint64_t which, uint64_t detail)>;

  // Notes that `what` (a short name that is the same in every run) happened.
  void note(Instant now, std::string_view what, uint64_t which, uint64_t detail = 0) {
    mix(static_cast<uint64_t>(now.time_since_epoch().count()));
    mix_bytes(what);
    mix(which);
    mix(detail);
    ++events_;
    if (watcher_) watcher_(now, what, which, detail);
  }
  // Bytes that were delivered are part of the trace.
  void mix_bytes(std::string_view bytes) {
    for (const char byte : bytes) mix(static_cast<unsigned char>(byte));
  }

  uint64_t hash() const { return hash_; }
  uint64_t events() const { return events_; }
  // To look into one seed: `watcher` is told of each event. An empty one ends that.
  void watch(Watcher watcher) { watcher_ = std::move(watcher); }

 private:
  // FNV-1a (Fowler, Noll, Vo) over words: no defence against malice, and none is needed.
  void mix(uint64_t word) { hash_ = (hash_ ^ word) * 0x100000001b3; }

  uint64_t hash_ = 0xcbf29ce484222325;
  uint64_t events_ = 0;
  Watcher watcher_;
};

}  // namespace fairlead::net
