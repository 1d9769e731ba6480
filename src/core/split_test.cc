#include "core/split.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>

#include "core/hash_key.h"

namespace fairlead::core {
namespace {

constexpr uint32_t kAll = UINT32_MAX;

Split split_of(const std::vector<std::pair<std::string, uint32_t>>& weights) {
  std::vector<SplitPart> parts;
  for (const auto& [name, weight] : weights)
    parts.push_back({.name = name, .weight = weight, .file_weight = weight, .series = nullptr});
  return Split("web", "web/1", std::move(parts));
}

const std::string& side_of(const Split& split, int client, uint32_t usable = kAll) {
  const Key key = key_of(fmt::format("client-{}", client));
  return split.parts()[split.part_of(key.hash, usable)].name;
}

// Six and a half standard deviations: less than one in ten thousand million runs lies beyond.
double allowed(int count, double share) { return 6.5 * std::sqrt(count * share * (1 - share)) + 1; }

constexpr int kClients = 20'000;

TEST(Split, ByChanceEverySideGetsItsShare) {
  const Split split = split_of({{"stable", 90}, {"canary", 10}, {"off", 0}});
  Random random(1);
  std::array<int, 3> counts{};
  for (int i = 0; i < kClients; ++i) ++counts[split.draw(kAll, random)];
  EXPECT_NEAR(counts[1], kClients * 0.1, allowed(kClients, 0.1));
  EXPECT_EQ(counts[0] + counts[1], kClients);
}

TEST(Split, ByKeyEverySideGetsItsShareOfTheClients) {
  const Split split = split_of({{"stable", 70}, {"canary", 10}, {"beta", 20}, {"off", 0}});
  std::map<std::string, int> counts;
  for (int i = 0; i < kClients; ++i) ++counts[side_of(split, i)];
  EXPECT_NEAR(counts["canary"], kClients * 0.1, allowed(kClients, 0.1));
  EXPECT_NEAR(counts["beta"], kClients * 0.2, allowed(kClients, 0.2));
  EXPECT_EQ(counts["off"], 0);
}

TEST(Split, ACanaryThatGrowsKeepsWhoeverWasOnIt) {
  const Split ten = split_of({{"stable", 90}, {"canary", 10}});
  const Split twenty = split_of({{"stable", 80}, {"canary", 20}});
  int moved = 0;
  for (int i = 0; i < kClients; ++i) {
    if (side_of(ten, i) == "canary") {
      EXPECT_EQ(side_of(twenty, i), "canary");
    }
    moved += side_of(ten, i) != side_of(twenty, i);
  }
  EXPECT_NEAR(moved, kClients * 0.1, allowed(kClients, 0.1));
}

TEST(Split, TheOrderOfTheFileDoesNotMatter) {
  const Split one = split_of({{"stable", 90}, {"canary", 10}});
  const Split two = split_of({{"canary", 10}, {"stable", 90}});
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(side_of(one, i), side_of(two, i));
}

TEST(Split, WhoseSideCannotServeGoesElsewhereAndNobodyElseMoves) {
  const Split split = split_of({{"stable", 50}, {"canary", 30}, {"beta", 20}});
  for (int i = 0; i < 1000; ++i) {
    const std::string& with = side_of(split, i);
    const std::string& without = side_of(split, i, 0b101);
    EXPECT_NE(without, "canary");
    if (with != "canary") {
      EXPECT_EQ(without, with);
    }
  }
  Random random(1);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(split.draw(0b010, random), 1u);
}

TEST(Split, WhereNobodyCanServeItIsAsIfAllCould) {
  const Split split = split_of({{"stable", 50}, {"canary", 50}, {"off", 0}});
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(side_of(split, i, 0), side_of(split, i));
  // A side without weight is none, however healthy it is.
  Random random(1);
  for (int i = 0; i < 1000; ++i) EXPECT_NE(split.draw(0b100, random), 2u);
}

TEST(Split, KnowsWhetherItsWeightsAreTheFiles) {
  EXPECT_FALSE(split_of({{"a", 1}}).is_ordered());
  EXPECT_TRUE(Split("web", "r", {{.name = "a", .weight = 2, .file_weight = 1, .series = nullptr}})
                  .is_ordered());
}

// Whatever the weights before and after: who changes sides goes to one whose part has grown in
// relation to that which he leaves.
TEST(Split, WhoMovesGoesWhereThePartHasGrown) {
  EXPECT_TRUE(rc::check([] {
    const auto count = *rc::gen::inRange<size_t>(1, 6);
    std::vector<std::pair<std::string, uint32_t>> before;
    std::vector<std::pair<std::string, uint32_t>> after;
    for (size_t i = 0; i < count; ++i) {
      const auto weight = rc::gen::inRange<uint32_t>(0, 100'001);
      before.emplace_back(fmt::format("pool-{}", i), *weight);
      after.emplace_back(before.back().first, *weight);
    }
    before[0].second += 1;
    after[0].second += 1;
    const Split old = split_of(before);
    const Split fresh = split_of(after);
    for (int i = 0; i < 200; ++i) {
      const uint64_t hash = key_of(fmt::format("client-{}", i)).hash;
      const uint32_t from = old.part_of(hash, kAll);
      const uint32_t to = fresh.part_of(hash, kAll);
      if (from == to) continue;
      RC_ASSERT(uint64_t{after[to].second} * before[from].second >
                uint64_t{before[to].second} * after[from].second);
    }
  }));
}

}  // namespace
}  // namespace fairlead::core
