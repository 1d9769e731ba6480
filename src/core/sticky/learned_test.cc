#include "core/sticky/learned.h"

#include <gtest/gtest.h>

#include <list>
#include <thread>

namespace fairlead::core {
namespace {

constexpr Instant kStart{};
constexpr Duration kTtl = 1h;

std::string session(int number) { return fmt::format("session-{}", number); }

TEST(Learned, WithoutRoomItHoldsNothing) {
  Learned learned;
  learned.learn("a", 1, kStart);
  EXPECT_FALSE(learned.find("a", kTtl, kStart));
  EXPECT_EQ(learned.size(), 0u);
}

TEST(Learned, KnowsWhereEachSessionIs) {
  Learned learned;
  learned.resize(1000, 7);
  learned.learn("a", 1, kStart);
  learned.learn("b", 2, kStart);
  learned.learn("a", 3, kStart);
  EXPECT_EQ(learned.find("a", kTtl, kStart), 3u);
  EXPECT_EQ(learned.find("b", kTtl, kStart), 2u);
  EXPECT_FALSE(learned.find("c", kTtl, kStart));
  EXPECT_EQ(learned.size(), 2u);
}

TEST(Learned, ASessionThatIsUsedLastsAndOneThatIsNotEnds) {
  Learned learned;
  learned.resize(1000, 7);
  learned.learn("a", 1, kStart);
  EXPECT_TRUE(learned.find("a", kTtl, kStart + 50min));
  EXPECT_TRUE(learned.find("a", kTtl, kStart + 100min));
  EXPECT_TRUE(learned.peek("a", kTtl, kStart + 160min));
  EXPECT_FALSE(learned.peek("a", kTtl, kStart + 161min));
  EXPECT_FALSE(learned.find("a", kTtl, kStart + 161min));
}

TEST(Learned, NeverHoldsMoreThanItHasRoomForAndCountsWhoMadeRoom) {
  Learned learned;
  learned.resize(1000, 7);
  for (int i = 0; i < 5000; ++i) learned.learn(session(i), 1, kStart + i * 1s);
  EXPECT_LE(learned.size(), 1000u);
  EXPECT_GT(learned.size(), 900u);
  EXPECT_EQ(learned.size() + learned.evicted(), 5000u);
  EXPECT_EQ(learned.find(session(4999), kTtl * 100, kStart), 1u);
  EXPECT_FALSE(learned.find(session(0), kTtl * 100, kStart));
}

TEST(Learned, KeepsWhoWasSeenLastWhenItShrinks) {
  Learned learned;
  learned.resize(16'000, 7);
  for (int i = 0; i < 2000; ++i) learned.learn(session(i), 1, kStart);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(learned.find(session(i), kTtl, kStart));
  learned.resize(1000, 7);
  EXPECT_LE(learned.size(), 1000u);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(learned.find(session(i), kTtl, kStart)) << i;
  learned.resize(0, 7);
  EXPECT_EQ(learned.size(), 0u);
}

// Tiny, slow, and obviously right.
class SlowLearned {
 public:
  explicit SlowLearned(size_t most) : most_(most) {}
  std::optional<uint32_t> find(const std::string& session) {
    for (auto it = list_.begin(); it != list_.end(); ++it) {
      if (it->first != session) continue;
      list_.splice(list_.begin(), list_, it);
      return it->second;
    }
    return {};
  }
  void forget(const std::string& session) {
    list_.remove_if([&](const auto& entry) { return entry.first == session; });
  }
  void learn(const std::string& session, uint32_t backend) {
    if (find(session)) {
      list_.front().second = backend;
      return;
    }
    list_.emplace_front(session, backend);
    if (list_.size() > most_) list_.pop_back();
  }

 private:
  size_t most_;
  std::list<std::pair<std::string, uint32_t>> list_;
};

TEST(Learned, WhatIsForgottenMakesRoom) {
  Learned learned;
  learned.resize(100 * Learned::kShards, 7);
  for (int i = 0; i < 3; ++i) learned.learn(session(i), 10 + i, kStart);
  learned.forget(session(1));
  learned.forget(session(1));
  learned.forget(session(7));
  EXPECT_EQ(learned.size(), 2u);
  EXPECT_EQ(learned.find(session(0), kTtl, kStart), 10u);
  EXPECT_FALSE(learned.find(session(1), kTtl, kStart));
  EXPECT_EQ(learned.find(session(2), kTtl, kStart), 12u);
}

TEST(Learned, DoesWhatASlowListDoesWhereEverythingHasRoom) {
  Learned learned;
  learned.resize(100 * Learned::kShards, 7);
  SlowLearned slow(1'000'000);
  uint64_t state = 1;
  for (int i = 0; i < 50'000; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    const std::string name = session(static_cast<int>(state >> 33) % 80);
    if (state >> 63) {
      learned.learn(name, i, kStart);
      slow.learn(name, i);
    } else if (i % 4 == 0) {
      learned.forget(name);
      slow.forget(name);
    } else {
      ASSERT_EQ(learned.find(name, kTtl, kStart), slow.find(name));
    }
  }
  EXPECT_EQ(learned.evicted(), 0u);
}

TEST(Learned, WorkersShareIt) {
  Learned learned;
  learned.resize(1600, 7);
  const auto work = [&](uint32_t worker) {
    for (int i = 0; i < 20'000; ++i) {
      learned.learn(session(i % 3000), worker, kStart);
      learned.find(session((i * 7) % 3000), kTtl, kStart);
      if (worker == 0 && i % 5000 == 0) learned.resize(i % 10'000 == 0 ? 1600 : 3200, 7);
    }
  };
  std::thread one(work, 0);
  std::thread two(work, 1);
  one.join();
  two.join();
  EXPECT_LE(learned.size(), 3200u);
}

}  // namespace
}  // namespace fairlead::core
