#include "core/sticky/read_place.h"

#include <gtest/gtest.h>

#include "core/sticky/sealed_name.h"
#include "core/sticky/test_seal.h"
#include "core/test_snapshot.h"

namespace fairlead::core {
namespace {

const WallTime kNow{std::chrono::seconds(1'800'000'000)};

class Reading : public testing::Test {
 protected:
  std::shared_ptr<const PoolSnapshot> pool_of(const std::vector<uint32_t>& weights) {
    PoolConfig config = test_pool_config("app", weights);
    config.sticky = {.kind = StickyConfig::Kind::cookie, .cookie = {.name = "srv", .ttl = 1h}};
    kept_.push_back(make_snapshot(test_config({config}), registry_, 1, 1, all_are(State::healthy),
                                  nullptr, &seal_));
    return kept_.back()->pools[0];
  }
  std::string value(const PoolSnapshot& pool, size_t member, Duration left) {
    const auto name = pool.names->name_of(pool.members[member].backend->id());
    return seal_name({*name, kNow + left}, "app", seal_);
  }

  TestSeal seal_{{"new", "old"}};
  Registry registry_{1};
  std::vector<std::shared_ptr<const Snapshot>> kept_;
};

TEST_F(Reading, LeadsToItsBackend) {
  const auto pool = pool_of({1, 1, 1});
  for (size_t member = 0; member < 3; ++member) {
    const ReadPlace place = read_place(value(*pool, member, 50min), *pool, &seal_, kNow);
    EXPECT_EQ(place.shows, Showing::place);
    EXPECT_EQ(place.backend, pool->members[member].backend->id());
    EXPECT_FALSE(place.is_due);
  }
}

TEST_F(Reading, IsDueWhenHalfOfItsTimeIsOverOrItHasMoreThanItShould) {
  const auto pool = pool_of({1});
  const auto is_due = [&](Duration left) {
    return read_place(value(*pool, 0, left), *pool, &seal_, kNow).is_due;
  };
  EXPECT_FALSE(is_due(1h));
  EXPECT_FALSE(is_due(30min));
  EXPECT_TRUE(is_due(30min - 1s));
  EXPECT_TRUE(is_due(1s));
  EXPECT_TRUE(is_due(1h + 1s));
}

TEST_F(Reading, ExpiresToTheSecond) {
  const auto pool = pool_of({1});
  EXPECT_EQ(read_place(value(*pool, 0, 1s), *pool, &seal_, kNow).shows, Showing::place);
  const ReadPlace over = read_place(value(*pool, 0, 0s), *pool, &seal_, kNow);
  EXPECT_EQ(over.shows, Showing::expired);
  EXPECT_EQ(over.backend, 0u);
}

TEST_F(Reading, SaysThatABackendIsGone) {
  const std::string last = value(*pool_of({1, 1}), 1, 1h);
  const auto fewer = pool_of({1});
  EXPECT_EQ(read_place(last, *fewer, &seal_, kNow).shows, Showing::gone);
}

TEST_F(Reading, AnOldKeyIsGoodAndDue) {
  const auto pool = pool_of({1});
  const TestSeal before({"old"});
  const StickyNames names("app", {{1, pool->members[0].backend->text()}}, before);
  const std::string old = seal_name({*names.name_of(1), kNow + 1h}, "app", before);
  const ReadPlace place = read_place(old, *pool, &seal_, kNow);
  EXPECT_EQ(place.shows, Showing::place);
  EXPECT_EQ(place.backend, pool->members[0].backend->id());
  EXPECT_TRUE(place.is_due);
}

TEST_F(Reading, WithoutASealNothingIsBelieved) {
  const auto pool = pool_of({1});
  EXPECT_EQ(read_place(value(*pool, 0, 1h), *pool, nullptr, kNow).shows, Showing::forged);
}

}  // namespace
}  // namespace fairlead::core
