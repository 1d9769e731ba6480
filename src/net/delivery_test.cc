#include "net/delivery.h"

#include <gtest/gtest.h>

namespace fairlead::net {
namespace {

constexpr Instant kStart = Instant() + 1h;

// How long it takes to give up on a peer that takes `step` of 1000 bytes in every `every`.
Duration patience(size_t step, Duration every, Duration timeout) {
  Delivery delivery;
  Instant now = kStart;
  while (now < kStart + 1h) {
    now = delivery.deadline(kStart, timeout);
    const size_t taken = step * static_cast<size_t>((now - kStart) / every);
    if (delivery.is_stuck(taken < 1000 ? 1000 - taken : 0, kStart, timeout, now)) break;
  }
  return now - kStart;
}

TEST(Delivery, WhoHasNothingToTakeIsGivenUpInTime) { EXPECT_EQ(patience(1000, 1s, 30s), 30s); }

TEST(Delivery, WhoTakesNothingIsGivenUpAQuarterLate) {
  EXPECT_EQ(patience(0, 1s, 30s), 37s + 500ms);
}

TEST(Delivery, WhoTakesSlowlyIsNotGivenUpBeforeHeHasAll) {
  EXPECT_GT(patience(1, 1s, 30s), 1000s);
  EXPECT_LT(patience(1, 1s, 30s), 1100s);
}

TEST(Delivery, NewMovementBeginsAnew) {
  Delivery delivery;
  EXPECT_EQ(delivery.deadline(kStart, 20s), kStart + 5s);
  EXPECT_FALSE(delivery.is_stuck(100, kStart, 20s, kStart + 5s));
  EXPECT_EQ(delivery.deadline(kStart, 20s), kStart + 25s);
  const Instant moved = kStart + 8s;
  EXPECT_EQ(delivery.deadline(moved, 20s), moved + 5s);
  EXPECT_FALSE(delivery.is_stuck(100, moved, 20s, moved + 5s));
  EXPECT_TRUE(delivery.is_stuck(100, moved, 20s, moved + 25s));
}

}  // namespace
}  // namespace fairlead::net
