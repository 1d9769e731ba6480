// Candidate: one backend that may receive work now, as balancers and plans see it.
#pragma once

#include <cstdint>

namespace fairlead::core {

struct Candidate {
  uint32_t id = 0;        // of the Backend: the same in every worker, for the life of the process
  uint32_t weight = 1;    // 0: gets nothing; at most 100'000
  uint64_t identity = 0;  // hash of the address: the same in every process and on every machine

  bool operator==(const Candidate&) const = default;
};

}  // namespace fairlead::core
