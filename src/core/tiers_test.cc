#include "core/tiers.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "core/test_snapshot.h"

namespace fairlead::core {
namespace {

struct Given {
  bool eligible = true;
  uint32_t weight = 1;
  uint8_t share = 100;
  bool backup = false;
  uint32_t priority = 0;
  std::string zone = {};
};

std::vector<Member> members_of(const std::vector<Given>& all) {
  static Registry registry(1);
  std::vector<Member> members;
  for (const Given& each : all) {
    const auto port = static_cast<uint16_t>(1000 + members.size());
    members.push_back({.backend = registry.backend("p", test_address(port)),
                       .weight = each.weight,
                       .eligible = each.eligible && each.weight > 0,
                       .share = each.share,
                       .backup = each.backup,
                       .priority = each.priority,
                       .zone = each.zone});
  }
  // Kept: two calls give the same backends.
  static std::vector<std::shared_ptr<Backend>> kept;
  for (const Member& member : members) kept.push_back(member.backend);
  return members;
}

using Weights = std::vector<uint32_t>;

Weights weights_of(const std::vector<Given>& all, const PoolConfig& config = {}) {
  const auto members = members_of(all);
  return settle(members, config).weights;
}

// The parts of the whole, in percent.
std::vector<int> percents_of(const std::vector<Given>& all, const PoolConfig& config = {}) {
  const Weights weights = weights_of(all, config);
  double total = 0;
  for (uint32_t weight : weights) total += weight;
  std::vector<int> percents;
  for (uint32_t weight : weights) percents.push_back(static_cast<int>(weight * 100 / total + 0.5));
  return percents;
}

PoolConfig in_zone(std::string zone) {
  PoolConfig config;
  config.here.zone = std::move(zone);
  return config;
}

const Given kDown{.eligible = false};
const Given kBackup{.backup = true};

TEST(Tiers, WithoutAnyOfThemWeightsAreThoseOfTheFile) {
  EXPECT_EQ(weights_of({{.weight = 5}, {.weight = 3}, kDown, {.weight = 0}}),
            (Weights{5, 3, 0, 0}));
  EXPECT_EQ(weights_of({}), Weights{});
  EXPECT_EQ(weights_of({kDown, kDown}), (Weights{0, 0}));
}

TEST(Tiers, AShareIsAPercentageOfTheWeight) {
  EXPECT_EQ(weights_of({{.weight = 5}, {.weight = 5, .share = 10}}), (Weights{500, 50}));
  const auto members = members_of({{.weight = 10}, {.weight = 10, .share = 37}, {.weight = 20}});
  EXPECT_EQ(settle(members, {}).unit, 1000u);
}

TEST(Tiers, BackupsAreUsedOnlyWhereNobodyElseIs) {
  EXPECT_EQ(weights_of({{}, kDown, kBackup}), (Weights{1, 0, 0}));
  EXPECT_EQ(weights_of({kDown, kDown, kBackup, kBackup}), (Weights{0, 0, 1, 1}));
  const auto members = members_of({kDown, kBackup});
  EXPECT_TRUE(settle(members, {}).on_backup);
}

TEST(Tiers, TheFirstTierCarriesEverythingWhileSevenTenthsOfItAreUsable) {
  const Given second{.priority = 1};
  const Given gone{.eligible = false};
  EXPECT_EQ(weights_of({{}, {}, {}, {}, second}), (Weights{1, 1, 1, 1, 0}));
  EXPECT_EQ(weights_of({{}, {}, {}, gone, second}), (Weights{1, 1, 1, 0, 0}));
}

TEST(Tiers, WhatIsMissingSpillsInProportion) {
  const Given second{.priority = 1};
  // Half of the first tier: 0.5 * 1.4 = 70 %.
  EXPECT_EQ(percents_of({{}, {}, kDown, kDown, second, second}),
            (std::vector<int>{35, 35, 0, 0, 15, 15}));
  EXPECT_EQ(percents_of({kDown, kDown, second, second}), (std::vector<int>{0, 0, 50, 50}));
}

TEST(Tiers, WhatIsLeftOfATierCarriesSomethingHoweverLittleItIs) {
  const std::vector<Given> all = {{.weight = 1, .share = 10},
                                  {.eligible = false, .weight = 1000},
                                  {.eligible = false, .weight = 1000, .priority = 1}};
  EXPECT_GT(weights_of(all)[0], 0u);
}

TEST(Tiers, WhereAllTiersAreHurtEachCarriesWhatIsLeftOfIt) {
  const Given second{.priority = 1};
  const Given second_down{.eligible = false, .priority = 1};
  // 0.25 * 1.4 = 35 % each: half and half.
  EXPECT_EQ(percents_of({{}, kDown, kDown, kDown, second, second_down, second_down, second_down}),
            (std::vector<int>{50, 0, 0, 0, 50, 0, 0, 0}));
}

TEST(Tiers, TheOwnZoneIsPreferredUntilTooLittleOfItIsUsable) {
  const Given here{.zone = "a"};
  const Given here_down{.eligible = false, .zone = "a"};
  const Given there{.zone = "b"};
  EXPECT_EQ(weights_of({here, here, there}, in_zone("a")), (Weights{1, 1, 0}));
  EXPECT_EQ(percents_of({here, here_down, there, there}, in_zone("a")),
            (std::vector<int>{70, 0, 15, 15}));
  EXPECT_EQ(weights_of({here_down, there, there}, in_zone("a")), (Weights{0, 1, 1}));
  EXPECT_EQ(weights_of({here, there}, in_zone("c")), (Weights{1, 1}));
  EXPECT_EQ(weights_of({here, there}), (Weights{1, 1}));
}

TEST(Tiers, WhatKeepsAMemberOutIsSaid) {
  const auto uses_of = [](const std::vector<Given>& all, const PoolConfig& config = {}) {
    const auto members = members_of(all);
    return settle(members, config).uses;
  };
  using Uses = std::vector<Use>;
  EXPECT_EQ(uses_of({{}, {.eligible = false}, {.weight = 0}, {.backup = true}}),
            (Uses{Use::used, Use::state, Use::weightless, Use::backup}));
  EXPECT_EQ(uses_of({{}, {.eligible = false, .backup = true}}), (Uses{Use::used, Use::state}));
  EXPECT_EQ(uses_of({{}, {.priority = 1}, {.eligible = false, .priority = 1}}),
            (Uses{Use::used, Use::tier, Use::state}));
  EXPECT_EQ(uses_of({{.zone = "a"}, {.zone = "b"}}, in_zone("a")), (Uses{Use::used, Use::zone}));
  PoolConfig config;
  config.subset = 1;
  config.here.instance = 0;
  Uses uses = uses_of({{}, {}}, config);
  std::ranges::sort(uses);
  EXPECT_EQ(uses, (Uses{Use::used, Use::subset}));
}

TEST(Tiers, ASlowStartIsCapacityThatIsMissing) {
  const Given here{.zone = "a"};
  const Given warming{.share = 1, .zone = "a"};
  EXPECT_EQ(percents_of({here, warming, {.zone = "b"}}, in_zone("a")),
            (std::vector<int>{70, 1, 29}));
}

std::vector<size_t> subset_of(uint32_t instance, uint32_t size, const std::vector<Given>& all) {
  PoolConfig config;
  config.subset = size;
  config.here.instance = instance;
  const Weights weights = weights_of(all, config);
  std::vector<size_t> kept;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] > 0) kept.push_back(i);
  }
  return kept;
}

TEST(Subset, EveryInstanceUsesItsNumberAndTogetherTheyUseAllEqually) {
  EXPECT_TRUE(rc::check([] {
    const auto backends = *rc::gen::inRange<size_t>(1, 30);
    const auto size = *rc::gen::inRange<uint32_t>(1, 12);
    // So many instances fill whole rounds.
    const auto instances = static_cast<uint32_t>(2 * backends);
    std::map<size_t, int> uses;
    for (uint32_t i = 0; i < instances; ++i) {
      const auto kept = subset_of(i, size, std::vector<Given>(backends));
      RC_ASSERT(kept.size() == std::min<size_t>(size, backends));
      for (size_t index : kept) ++uses[index];
    }
    const double mean = std::min<double>(size, static_cast<double>(backends)) * 2;
    for (const auto& [index, count] : uses) RC_ASSERT(count >= mean * 0.5 && count <= mean * 1.5);
    RC_ASSERT(uses.size() == backends);
  }));
}

TEST(Subset, KeepsItsNumberWhenBackendsFailAndTheOthersStay) {
  std::vector<Given> all(20);
  const auto before = subset_of(3, 5, all);
  all[before[0]].eligible = false;
  const auto after = subset_of(3, 5, all);
  EXPECT_EQ(after.size(), 5u);
  for (size_t i = 1; i < before.size(); ++i) {
    EXPECT_NE(std::ranges::find(after, before[i]), after.end());
  }
}

TEST(Subset, IsEverybodyWhereThereAreNoMore) {
  EXPECT_EQ(subset_of(7, 5, std::vector<Given>(5)).size(), 5u);
  EXPECT_EQ(subset_of(7, 0, std::vector<Given>(5)).size(), 5u);
}

TEST(Tiers, SomebodyAlwaysGetsTheWorkWhileAnybodyIsEligible) {
  EXPECT_TRUE(rc::check([] {
    std::vector<Given> all(*rc::gen::inRange<size_t>(1, 12));
    for (Given& each : all) {
      each.eligible = *rc::gen::arbitrary<bool>();
      each.weight = *rc::gen::inRange<uint32_t>(0, 6);
      each.share = *rc::gen::elementOf(std::vector<uint8_t>{100, 100, 50, 1});
      each.backup = *rc::gen::inRange(0, 4) == 0;
      each.priority = *rc::gen::inRange<uint32_t>(0, 3);
      each.zone = *rc::gen::elementOf(std::vector<std::string>{"", "a", "b"});
    }
    PoolConfig config = in_zone(*rc::gen::elementOf(std::vector<std::string>{"", "a"}));
    config.subset = *rc::gen::inRange<uint32_t>(0, 4);
    config.here.instance = *rc::gen::inRange<uint32_t>(0, 9);
    const auto weights = weights_of(all, config);
    bool any = false, given = false;
    for (size_t i = 0; i < all.size(); ++i) {
      const bool may = all[i].eligible && all[i].weight > 0;
      any |= may;
      given |= weights[i] > 0;
      RC_ASSERT(may || weights[i] == 0);
      RC_ASSERT(weights[i] <= 100'000);
    }
    RC_ASSERT(any == given);
  }));
}

}  // namespace
}  // namespace fairlead::core
