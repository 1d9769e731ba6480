#include "core/sticky/names.h"

#include <gtest/gtest.h>

#include "core/sticky/test_seal.h"

namespace fairlead::core {
namespace {

const std::vector<StickyNames::Backend> kBackends = {{11, "10.0.0.1:80"}, {12, "10.0.0.2:80"}};

TEST(StickyNames, LeadBackToTheirBackends) {
  const StickyNames names("app", kBackends, TestSeal({"key"}));
  for (const auto& backend : kBackends)
    EXPECT_EQ(names.find(0, *names.name_of(backend.id)), backend.id);
  EXPECT_FALSE(names.name_of(13));
  EXPECT_FALSE(names.find(0, 0));
  EXPECT_FALSE(names.find(1, *names.name_of(11)));
}

TEST(StickyNames, AreTheSameOnEveryInstanceWhateverTheIdsAndTheOrder) {
  const StickyNames here("app", kBackends, TestSeal({"key"}));
  const StickyNames there("app", {{2, "10.0.0.2:80"}, {5, "10.0.0.1:80"}, {6, "10.0.0.3:80"}},
                          TestSeal({"key"}));
  EXPECT_EQ(there.find(0, *here.name_of(11)), 5u);
  EXPECT_EQ(there.find(0, *here.name_of(12)), 2u);
}

TEST(StickyNames, AreOthersInAnotherPoolAndUnderAnotherKey) {
  const StickyNames names("app", kBackends, TestSeal({"key"}));
  EXPECT_NE(names.name_of(11), StickyNames("api", kBackends, TestSeal({"key"})).name_of(11));
  EXPECT_NE(names.name_of(11), StickyNames("app", kBackends, TestSeal({"yek"})).name_of(11));
}

TEST(StickyNames, AreKnownUnderEveryKey) {
  const StickyNames before("app", kBackends, TestSeal({"old"}));
  const StickyNames after("app", kBackends, TestSeal({"new", "old"}));
  EXPECT_EQ(after.find(1, *before.name_of(12)), 12u);
  EXPECT_FALSE(after.find(0, *before.name_of(12)));
}

}  // namespace
}  // namespace fairlead::core
