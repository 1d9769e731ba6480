// Handshakes: those under way at one listener of one worker, so that a flood of them is bounded.
//
// Each costs memory, and a signature that takes longer than many a request. Who comes when there
// are too many is refused at once, while it is cheap, unless somebody has stood still: a client
// that is alive is through within a second, and one that is not has no claim to its place.
#pragma once

#include <cstdint>

#include "base/instant.h"
#include "net/event.h"
#include "net/list.h"

namespace fairlead::proxy {

class Handshakes {
 public:
  // How long one may stand while others come.
  static constexpr Duration kStands = 1s;

  // One of them, for as long as this lives.
  class Place : public net::Link {
   public:
    Place(Handshakes& all, Instant now) : all_(all), began_(now) {
      all_.under_way_.push_back(*this);
      ++all_.count_;
    }
    ~Place() {
      if (is_linked()) --all_.count_;
    }

    // Set when it is to make room.
    net::Event& displaced() { return displaced_; }

   private:
    friend class Handshakes;
    Handshakes& all_;
    Instant began_;
    net::Event displaced_;
  };

  // Whether one more may begin where `most` may be under way (0: no limit); displaces for it.
  bool admit(uint32_t most, Instant now, net::ReadyQueue& ready) {
    if (most == 0 || count_ < most) return true;
    Place& oldest = under_way_.front();
    if (now - oldest.began_ < kStands) return false;
    oldest.unlink();
    --count_;
    oldest.displaced_.set(ready);
    return true;
  }
  uint32_t count() const { return count_; }

 private:
  net::List<Place> under_way_;  // the first has stood longest
  uint32_t count_ = 0;
};

}  // namespace fairlead::proxy
