// mix: spreads the bits of a number over all 64, so that neighbours end up far apart.
//
// The finish of splitmix64 (Steele, Lea and Flood 2014): one to one, and the same on every machine,
// so that instances that place backends and keys with it agree.
#pragma once

#include <cstdint>

namespace fairlead {

// Cost: about 1 ns.
constexpr uint64_t mix(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

}  // namespace fairlead
