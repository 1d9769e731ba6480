// What this process uses of the machine, from /proc and getrusage. Reads; keeps nothing.
#pragma once

#include <cstdint>

#include "base/instant.h"

namespace fairlead::control {

struct ProcessUse {
  Duration cpu{};                 // user and system, all threads, since the start
  uint64_t resident_bytes = 0;    // 0 where /proc is not there
  uint64_t open_descriptors = 0;  // 0 where /proc is not there
};

// Cost: some 30 us and more with many descriptors: for a scrape, not for a request.
ProcessUse process_use();

}  // namespace fairlead::control
