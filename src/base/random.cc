#include "base/random.h"

namespace fairlead {

Random::Random(uint64_t seed) {
  // splitmix64 (Steele, Lea, Flood 2014) spreads even seeds 0, 1, 2 over the whole state.
  for (uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    word = mixed ^ (mixed >> 31);
  }
}

}  // namespace fairlead
