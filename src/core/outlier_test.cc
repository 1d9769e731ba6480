#include "core/outlier.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/slow_start.h"

namespace fairlead::core {
namespace {

constexpr Instant kStart{1000s};

Verdict judge_one(uint64_t errors, uint64_t outcomes, bool degraded = false) {
  const Observed one{{outcomes, errors}, degraded};
  return judge(PassiveConfig{}, std::span(&one, 1)).front();
}

TEST(ErrorRate, DegradesAboveTenPercentAndEjectsAboveFifty) {
  EXPECT_FALSE(judge_one(10, 100).degraded);
  EXPECT_TRUE(judge_one(11, 100).degraded);
  EXPECT_FALSE(judge_one(50, 100).eject);
  EXPECT_EQ(judge_one(51, 100).eject, EjectReason::error_rate);
  EXPECT_EQ(judge_one(62, 100).why, "error rate 62 % of 100 requests in 30 s");
}

TEST(ErrorRate, TheShareShrinksInProportion) {
  EXPECT_EQ(judge_one(10, 100).share, 100);
  EXPECT_EQ(judge_one(20, 100).share, 75);
  EXPECT_EQ(judge_one(30, 100).share, 50);
  EXPECT_EQ(judge_one(40, 100).share, 25);
  EXPECT_EQ(judge_one(50, 100).share, kLeastShare);
  EXPECT_EQ(judge_one(99, 100).share, kLeastShare);
}

TEST(ErrorRate, TooFewRequestsSayNothing) {
  EXPECT_FALSE(judge_one(19, 19).eject);
  EXPECT_TRUE(judge_one(20, 20).eject);
  EXPECT_FALSE(judge_one(0, 0).degraded);
  // A degraded one gets less work, and a quarter of the requests is enough for it.
  EXPECT_TRUE(judge_one(2, 5, true).degraded);
  EXPECT_FALSE(judge_one(2, 4, true).degraded);
}

TEST(ErrorRate, OnceDegradedItStaysSoUntilHalfTheLimit) {
  EXPECT_TRUE(judge_one(9, 100, true).degraded);
  EXPECT_EQ(judge_one(9, 100, true).share, 100);
  EXPECT_TRUE(judge_one(6, 100, true).degraded);
  EXPECT_FALSE(judge_one(5, 100, true).degraded);
}

std::vector<Verdict> judge_pool(const PassiveConfig& config, std::vector<uint64_t> errors) {
  std::vector<Observed> pool;
  for (const uint64_t each : errors) pool.push_back({{1000, each}, false});
  return judge(config, pool);
}

PassiveConfig with_outliers() {
  PassiveConfig config;
  config.outlier.on = true;
  return config;
}

TEST(Outlier, IsFarBelowTheMeanOfItsPool) {
  const auto verdicts = judge_pool(with_outliers(), {0, 0, 10, 0, 300});
  EXPECT_EQ(verdicts[4].eject, EjectReason::outlier);
  EXPECT_EQ(verdicts[4].why,
            "error rate 30 % of 1000 requests in 30 s; the pool's mean is 6.2 %, its limit 28.8 %");
  EXPECT_FALSE(verdicts[2].eject);
}

TEST(Outlier, NobodyIsWhereAllAreEquallyBad) {
  for (const Verdict& verdict : judge_pool(with_outliers(), {300, 310, 290, 300, 305}))
    EXPECT_FALSE(verdict.eject);
}

TEST(Outlier, ASmallDifferenceIsNone) {
  // Far from the mean in deviations, and still below `degrade`.
  EXPECT_FALSE(judge_pool(with_outliers(), {0, 0, 0, 0, 0, 90})[5].eject);
}

TEST(Outlier, NeedsEnoughBackendsAndIsOffUnlessAskedFor) {
  EXPECT_FALSE(judge_pool(with_outliers(), {0, 0, 0, 300})[3].eject);
  EXPECT_FALSE(judge_pool(PassiveConfig{}, {0, 0, 0, 0, 300})[4].eject);
}

TEST(MayEject, NeverTheLastAndOneOfASmallPool) {
  PassiveConfig config;
  EXPECT_FALSE(may_eject(config, {.backends = 1, .ejected = 0, .others_serving = 0}));
  EXPECT_TRUE(may_eject(config, {.backends = 2, .ejected = 0, .others_serving = 1}));
  EXPECT_FALSE(may_eject(config, {.backends = 3, .ejected = 1, .others_serving = 1}));
  EXPECT_TRUE(may_eject(config, {.backends = 4, .ejected = 1, .others_serving = 2}));
  EXPECT_FALSE(may_eject(config, {.backends = 4, .ejected = 2, .others_serving = 1}));
  config.max_ejected = 10;
  EXPECT_TRUE(may_eject(config, {.backends = 5, .ejected = 0, .others_serving = 4}));
  config.max_ejected = 0;
  EXPECT_FALSE(may_eject(config, {.backends = 5, .ejected = 0, .others_serving = 4}));
}

TEST(MayEject, HoldsItsLimitHoweverManyDeserveIt) {
  EXPECT_TRUE(rc::check("max_ejected", [] {
    PassiveConfig config;
    config.max_ejected = *rc::gen::inRange(0u, 101u);
    const auto backends = *rc::gen::inRange(1u, 200u);
    uint32_t ejected = 0;
    while (may_eject(config, {backends, ejected, backends - ejected - 1})) ++ejected;
    RC_ASSERT(ejected < backends);
    RC_ASSERT(ejected <= 1 || ejected * 100 <= config.max_ejected * backends);
    RC_ASSERT(ejected > 0 || backends == 1 || config.max_ejected == 0);
  }));
}

TEST(Judge, EveryShareIsOneThatWorkCanComeOf) {
  EXPECT_TRUE(rc::check("shares", [] {
    PassiveConfig config;
    config.error_rate.eject = *rc::gen::inRange(2u, 101u);
    config.error_rate.degrade = *rc::gen::inRange(1u, config.error_rate.eject);
    config.outlier.on = *rc::gen::arbitrary<bool>();
    std::vector<Observed> pool;
    for (int i = *rc::gen::inRange(1, 20); i > 0; --i) {
      const auto outcomes = *rc::gen::inRange<uint64_t>(0, 1000);
      pool.push_back(
          {{outcomes, *rc::gen::inRange<uint64_t>(0, outcomes + 1)}, *rc::gen::arbitrary<bool>()});
    }
    const auto verdicts = judge(config, pool);
    RC_ASSERT(verdicts.size() == pool.size());
    for (const Verdict& verdict : verdicts) {
      RC_ASSERT(verdict.share >= kLeastShare);
      RC_ASSERT(verdict.share <= 100);
      RC_ASSERT(!verdict.eject || !verdict.why.empty());
    }
  }));
}

TEST(ErrorWindow, LooksBackAsFarAsItIsTold) {
  ErrorWindow window;
  Instant now = kStart;
  uint64_t total = 0;
  window.add({0, 0}, now, 30s);
  for (int second = 0; second < 100; ++second) {
    total += 10;
    window.add({total, total / 2}, now += 1s, 30s);
  }
  EXPECT_EQ(window.rate(), (Rate{300, 150}));
  EXPECT_EQ(window.rate().percent(), 50);
}

TEST(ErrorWindow, OldErrorsLeaveIt) {
  ErrorWindow window;
  window.add({0, 0}, kStart, 10s);
  window.add({100, 100}, kStart + 1s, 10s);
  for (int second = 2; second < 30; ++second)
    window.add({100 + uint64_t(second), 100}, kStart + 1s * second, 10s);
  EXPECT_EQ(window.rate().errors, 0u);
}

TEST(ErrorWindow, BeginsAnewWhenTold) {
  ErrorWindow window;
  window.add({0, 0}, kStart, 10s);
  window.add({100, 100}, kStart + 1s, 10s);
  window.restart({110, 105}, kStart + 2s);
  EXPECT_EQ(window.rate(), Rate{});
  window.add({120, 106}, kStart + 3s, 10s);
  EXPECT_EQ(window.rate(), (Rate{10, 1}));
}

TEST(ErrorWindow, CountsNothingOfBeforeItWasThere) {
  ErrorWindow window;
  window.add({1000, 900}, kStart, 10s);
  EXPECT_EQ(window.rate(), Rate{});
}

TEST(SlowStart, GrowsFromATenthInSteps) {
  EXPECT_EQ(share_at(kStart, kStart, 30s), 10);
  EXPECT_EQ(share_at(kStart, kStart + 15s, 30s), 55);
  EXPECT_EQ(share_at(kStart, kStart + 29s, 30s), 95);
  EXPECT_EQ(share_at(kStart, kStart + 30s, 30s), 100);
  EXPECT_EQ(share_at(kStart, kStart, 0s), 100);
  int steps = 0;
  uint8_t last = 0;
  for (Instant now = kStart; now <= kStart + 30s; now += 10ms) {
    const uint8_t share = share_at(kStart, now, 30s);
    EXPECT_GE(share, last);
    steps += share != last;
    last = share;
  }
  EXPECT_EQ(steps, 19);
}

}  // namespace
}  // namespace fairlead::core
