// ReadPlace: what a cookie of ours says about its client's place in a pool.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/instant.h"
#include "base/seal.h"
#include "core/snapshot.h"

namespace fairlead::core {

enum class Showing : uint8_t {
  place,    // where it is
  forged,   // none of ours for this pool, or sealed with a key that is forgotten
  expired,  // it was kept long enough
  gone,     // the backend is not in the pool any more
};

struct ReadPlace {
  Showing shows = Showing::forged;
  uint32_t backend = 0;  // its id; 0: it shows no place
  bool is_due = false;   // good, and to be replaced: half of its time is over, or the key is old
};

// Pure, for the data path and `explain` alike. `seal` null: nothing is believed.
ReadPlace read_place(std::string_view value, const PoolSnapshot& pool, const Seal* seal,
                     WallTime now);

}  // namespace fairlead::core
