// Errands: what one worker has running at backends, each to be called off when its backend must be
// left.
//
// A lease says how much runs at a backend; this says who. Whoever runs an errand waits for its
// event as for any other, and ends by himself: nobody's task is destroyed under him.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/instant.h"
#include "net/event.h"
#include "net/list.h"

namespace fairlead::proxy {

class Errand;

class Errands {
 public:
  // Wakes everybody who is at this backend. Cost: a look at each errand of the worker.
  void call_off(uint32_t backend, net::ReadyQueue& ready);
  // The same for all backends.
  void call_off(net::ReadyQueue& ready);
  // When the one that is at this backend for longest began; kNever: none is.
  Instant oldest(uint32_t backend);
  // The same, wherever it is.
  Instant oldest();

 private:
  friend class Errand;
  net::List<Errand> running_;
};

// One piece of work at one backend, for as long as this lives.
class Errand : public net::Link {
 public:
  Errand(Errands& all, uint32_t backend, Instant now) : backend_(backend), began_(now) {
    all.running_.push_back(*this);
  }

  // Set when the work is to end now. Stays set.
  net::Event& called_off() { return called_off_; }

 private:
  friend class Errands;
  uint32_t backend_;
  Instant began_;
  net::Event called_off_;
};

inline void Errands::call_off(uint32_t backend, net::ReadyQueue& ready) {
  running_.for_each([&](Errand& errand) {
    if (errand.backend_ == backend) errand.called_off_.set(ready);
  });
}

inline void Errands::call_off(net::ReadyQueue& ready) {
  running_.for_each([&](Errand& errand) { errand.called_off_.set(ready); });
}

inline Instant Errands::oldest() {
  Instant oldest = kNever;
  running_.for_each([&](const Errand& errand) { oldest = std::min(oldest, errand.began_); });
  return oldest;
}

inline Instant Errands::oldest(uint32_t backend) {
  Instant oldest = kNever;
  running_.for_each([&](const Errand& errand) {
    if (errand.backend_ == backend) oldest = std::min(oldest, errand.began_);
  });
  return oldest;
}

}  // namespace fairlead::proxy
