#include "core/retry_budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace fairlead::core {
namespace {

TEST(RetryBudget, IsAShareOfTheLiveWorkButNeverLessThanAFew) {
  EXPECT_EQ(most_retries(20, 0), kFreeRetries);
  EXPECT_EQ(most_retries(20, 19), kFreeRetries);
  EXPECT_EQ(most_retries(20, 100), 20u);
  EXPECT_EQ(most_retries(20, 104), 20u);
  EXPECT_EQ(most_retries(0, 1'000'000), kFreeRetries);
  EXPECT_EQ(most_retries(100, UINT32_MAX), UINT32_MAX);
  EXPECT_EQ(most_retries(kNoBudget, 0), UINT32_MAX);
}

TEST(RetryBudget, CountsEachLeaveUntilItEnds) {
  RetryBudget budget;
  {
    RetryLeave first(budget, 2, {});
    RetryLeave second(budget, 2, {});
    EXPECT_TRUE(first && second);
    EXPECT_FALSE(RetryLeave(budget, 2, {}));
    EXPECT_EQ(budget.in_flight(), 2u);
    first = std::move(second);
    EXPECT_TRUE(first);
    EXPECT_EQ(budget.in_flight(), 1u);
    first.give_back();
    first.give_back();
    EXPECT_EQ(budget.in_flight(), 0u);
    first = RetryLeave(budget, 2, {});
  }
  EXPECT_EQ(budget.in_flight(), 0u);
}

TEST(RetryBudget, AHeldLeaveIsNotCountedBesideItself) {
  RetryBudget budget;
  RetryLeave first(budget, 1, {});
  RetryLeave second(budget, 1, std::move(first));
  EXPECT_TRUE(second);
  EXPECT_FALSE(first);
  EXPECT_EQ(budget.in_flight(), 1u);
}

TEST(RetryBudget, AHeldLeaveIsGivenUpWhereTheBudgetHasShrunk) {
  RetryBudget budget;
  RetryLeave first(budget, 2, {});
  RetryLeave second(budget, 2, {});
  EXPECT_FALSE(RetryLeave(budget, 1, std::move(second)));
  EXPECT_EQ(budget.in_flight(), 1u);
}

TEST(RetryBudget, IsExactOverThreads) {
  constexpr uint32_t kMost = 2;
  RetryBudget budget;
  std::atomic<uint32_t> inside{0};
  std::atomic<uint32_t> highest{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20'000; ++round) {
        const RetryLeave leave(budget, kMost, {});
        if (!leave) continue;
        const uint32_t now = ++inside;
        uint32_t before = highest;
        while (before < now && !highest.compare_exchange_weak(before, now)) {
        }
        --inside;
      }
    });
  }
  threads.clear();
  EXPECT_LE(highest, kMost);
  EXPECT_GT(highest, 0u);
  EXPECT_EQ(budget.in_flight(), 0u);
}

}  // namespace
}  // namespace fairlead::core
