#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace fairlead {
namespace {

TEST(Random, SameSeedSameSequence) {
  Random a(42);
  Random b(42);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(a.next(), b.next());
}

TEST(Random, NeighbouringSeedsShareNothing) {
  Random a(0);
  Random b(1);
  int same_bits = 0;
  for (int i = 0; i < 1000; ++i) same_bits += std::popcount(~(a.next() ^ b.next()));
  EXPECT_NEAR(same_bits, 32'000, 1'000);  // 8 standard deviations
}

// The state after splitmix64 from 0, and three steps of xoshiro256**, worked out from the papers.
TEST(Random, IsXoshiro256StarStar) {
  uint64_t seed = 0;
  std::array<uint64_t, 4> s;
  for (uint64_t& word : s) {
    uint64_t z = (seed += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    word = z ^ (z >> 31);
  }
  ASSERT_EQ(s[0], 0xe220a8397b1dcdafu);  // splitmix64's first output from 0
  Random random(0);
  for (int i = 0; i < 3; ++i) {
    const uint64_t x = s[1] * 5;
    const uint64_t expected = ((x << 7) | (x >> 57)) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    EXPECT_EQ(random.next(), expected);
  }
}

TEST(Random, BelowIsUniformAndInRange) {
  Random random(3);
  std::array<int, 10> counts{};
  for (int i = 0; i < 100'000; ++i) {
    const uint32_t value = random.below(10);
    ASSERT_LT(value, 10u);
    ++counts[value];
  }
  for (int count : counts) EXPECT_NEAR(count, 10'000, 600);  // 6 standard deviations
}

TEST(Random, BelowOneIsZeroAndBelowTheLargestStaysBelow) {
  Random random(4);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(random.below(1), 0u);
    EXPECT_LT(random.below(UINT32_MAX), UINT32_MAX);
  }
}

TEST(Random, UnitIsBelowOneWithItsMeanInTheMiddle) {
  Random random(5);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double value = random.unit();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 100'000, 0.5, 0.006);
}

TEST(Random, ShufflesWithTheStandardLibrary) {
  Random random(6);
  std::array<int, 100> values;
  std::iota(values.begin(), values.end(), 0);
  std::ranges::shuffle(values, random);
  EXPECT_FALSE(std::ranges::is_sorted(values));
  std::ranges::sort(values);
  EXPECT_EQ(values[99], 99);
}

}  // namespace
}  // namespace fairlead
