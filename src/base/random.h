// Random: small, fast, seeded; the same seed gives the same sequence on every machine.
//
// xoshiro256** of Blackman and Vigna (2018), seeded through splitmix64. Not for secrets.
#pragma once

#include <bit>
#include <cstdint>

namespace fairlead {

class Random {
 public:
  using result_type = uint64_t;  // satisfies UniformRandomBitGenerator

  explicit Random(uint64_t seed);

  // 64 uniform bits. Cost: about 1 ns.
  uint64_t next() {
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound). REQUIRES: bound > 0. Multiply-shift (Lemire 2019); its bias is below
  // bound / 2^32, which no balancing decision can see.
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>(((next() >> 32) * bound) >> 32); }

  // Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  uint64_t operator()() { return next(); }
  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return ~uint64_t{0}; }

 private:
  uint64_t state_[4];
};

}  // namespace fairlead
