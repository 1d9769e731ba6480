#include "core/adaptive_limit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

namespace fairlead::core {
namespace {

// A backend that does `capacity` things at once, each in `service`; the rest waits inside it. As
// much work as the limit allows is always there, or `offered` if that is less.
struct Server {
  uint32_t capacity = 0;
  Duration service{};
  uint32_t offered = 1'000'000;
};

class Driver {
 public:
  void run(const Server& server, Duration span) {
    const Instant until = now_ + span;
    while (now_ < until) {
      const uint32_t active = std::min(limit.limit(), server.offered);
      const uint32_t busy = std::min(active, server.capacity);
      const Duration latency =
          active <= server.capacity ? server.service : server.service * active / server.capacity;
      now_ += server.service / busy;
      limit.add(latency, active, now_);
    }
  }
  AdaptiveLimit limit;

 private:
  Instant now_ = Instant() + 1s;
};

TEST(AdaptiveLimit, BeginsAtItsFirstAndStaysWithoutSamples) {
  AdaptiveLimit limit;
  EXPECT_EQ(limit.limit(), AdaptiveLimit::kFirst);
  for (uint32_t i = 1; i < AdaptiveLimit::kSamples; ++i) limit.add(1ms, 20, Instant() + 1h);
  EXPECT_EQ(limit.limit(), AdaptiveLimit::kFirst);
}

TEST(AdaptiveLimit, FindsACapacityAboveItsFirst) {
  Driver driver;
  driver.run({.capacity = 100, .service = 10ms}, 60s);
  EXPECT_GE(driver.limit.limit(), 100u);
  EXPECT_LE(driver.limit.limit(), 250u);
}

TEST(AdaptiveLimit, ShrinksWhenTheBackendSlowsDown) {
  Driver driver;
  driver.run({.capacity = 100, .service = 10ms}, 30s);
  const uint32_t before = driver.limit.limit();
  driver.run({.capacity = 10, .service = 10ms}, 10s);
  EXPECT_LT(driver.limit.limit(), before / 3);
}

TEST(AdaptiveLimit, GrowsAgainWhenItIsWell) {
  Driver driver;
  driver.run({.capacity = 100, .service = 10ms}, 30s);
  driver.run({.capacity = 10, .service = 10ms}, 10s);
  driver.run({.capacity = 100, .service = 10ms}, 60s);
  EXPECT_GE(driver.limit.limit(), 100u);
}

TEST(AdaptiveLimit, GrowsAgainFromItsLeast) {
  Driver driver;
  driver.run({.capacity = 100, .service = 10ms}, 30s);
  driver.run({.capacity = 1, .service = 10ms}, 30s);
  ASSERT_EQ(driver.limit.limit(), AdaptiveLimit::kLeast);
  driver.run({.capacity = 100, .service = 10ms}, 120s);
  EXPECT_GE(driver.limit.limit(), 100u);
}

TEST(AdaptiveLimit, LearnsNothingWhereLittleIsAsked) {
  Driver driver;
  driver.run({.capacity = 100, .service = 10ms, .offered = 3}, 60s);
  EXPECT_EQ(driver.limit.limit(), AdaptiveLimit::kFirst);
}

TEST(AdaptiveLimit, NeverLeavesItsBounds) {
  Driver slow;
  for (Duration service = 1ms; service < 10s; service *= 2)
    slow.run({.capacity = 1, .service = service}, service * 100);
  EXPECT_GE(slow.limit.limit(), AdaptiveLimit::kLeast);
  Driver quick;
  quick.run({.capacity = 1'000'000, .service = 100ms}, 300s);
  EXPECT_LE(quick.limit.limit(), AdaptiveLimit::kMost);
}

TEST(AdaptiveLimit, TellsWhenItIsHigher) {
  AdaptiveLimit limit;
  Instant now = Instant() + 1s;
  bool higher = false;
  for (int i = 0; i < 100 && !higher; ++i) higher = limit.add(1ms, limit.limit(), now += 20ms);
  EXPECT_TRUE(higher);
  EXPECT_GT(limit.limit(), AdaptiveLimit::kFirst);
}

}  // namespace
}  // namespace fairlead::core
