// Delivery: tells a peer that takes bytes slowly from one that takes none.
//
// What we have written may still stand in the kernel, megabytes of it, and its event says nothing
// until a good part of that is gone: at a few kilobytes a second later than any timeout. So whoever
// waits for such a peer looks into the kernel (Stream::in_flight), a first time when a quarter of
// the timeout is over, and gives up when nothing was taken for the whole of it.
#pragma once

#include <cstddef>

#include "base/instant.h"

namespace fairlead::net {

class Delivery {
 public:
  // When to look. `moved`: when bytes last went to the kernel or came from the peer.
  Instant deadline(Instant moved, Duration timeout) const {
    return looked_ > moved ? saturating_add(taken_, timeout) : saturating_add(moved, timeout / 4);
  }

  // At the deadline: whether the peer has taken nothing for `timeout`. `left`: what stands in the
  // kernel. Never early; late by a quarter at most where nothing was taken from the beginning.
  bool is_stuck(size_t left, Instant moved, Duration timeout, Instant now) {
    if (looked_ <= moved) {
      taken_ = left > 0 ? now : moved;
    } else if (left < left_) {
      taken_ = now;
    }
    left_ = left;
    looked_ = now;
    return now >= saturating_add(taken_, timeout);
  }

 private:
  Instant looked_{};  // before any movement: not since
  Instant taken_{};   // the peer is not known to have taken anything since
  size_t left_ = 0;
};

}  // namespace fairlead::net
