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
  struct Event {
    Instant when;
    std::string_view what;  // a short name that is the same in every run
    uint64_t which = 0;     // of the connections, say
    uint64_t detail = 0;
    std::string_view bytes;  // that were delivered: they are part of the trace
  };
  using Watcher = std::function<void(const Event&)>;

  void note(const Event& event) {
    mix(static_cast<uint64_t>(event.when.time_since_epoch().count()));
    mix_bytes(event.what);
    mix(event.which);
    mix(event.detail);
    mix_bytes(event.bytes);
    ++events_;
    if (watcher_) watcher_(event);
  }
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
