// A pick allocates nothing, whatever the algorithm.
//
// Counted by an operator new of our own, for the whole test binary. The thread sanitizer has its
// own and allows no other, so this file is empty there.
#if !__has_feature(thread_sanitizer)
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "core/balance/test_pool.h"

namespace {
thread_local uint64_t allocations = 0;
}

void* operator new(size_t size) {
  ++allocations;
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace fairlead::core {
namespace {

uint64_t allocations_of_picks(const BalanceConfig& config, const std::vector<uint32_t>& weights) {
  TestPool pool(weights);
  auto balancer = pool.balancer(config);
  const Tried tried = tried_of({3, 4});
  const uint64_t before = allocations;
  for (int i = 0; i < 1000; ++i) {
    pool.pick(*balancer, i % 2 ? tried : Tried{}, i % 3 ? key_of("somebody") : Key{});
  }
  return allocations - before;
}

TEST(Pick, AllocatesNothing) {
  std::vector<uint32_t> short_cycle(100), long_cycle(100);
  for (uint32_t i = 0; i < 100; ++i) {
    short_cycle[i] = 1 + i % 5;
    long_cycle[i] = 1 + i * 7;
  }
  for (std::string_view name : balancer_names()) {
    const BalanceConfig algorithm{.algorithm = std::string(name), .bounded_load = 125};
    EXPECT_EQ(allocations_of_picks(algorithm, std::vector<uint32_t>(100, 1)), 0u) << name;
    EXPECT_EQ(allocations_of_picks(algorithm, short_cycle), 0u) << name;
    EXPECT_EQ(allocations_of_picks(algorithm, long_cycle), 0u) << name;
  }
}

TEST(Pick, AllocationsWouldBeSeen) {
  const uint64_t before = allocations;
  TestPool pool({1});
  EXPECT_GT(allocations, before);
}

}  // namespace
}  // namespace fairlead::core
#endif
