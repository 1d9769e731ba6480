#include "core/explain/explain_sticky.h"

#include <gtest/gtest.h>

#include "core/sticky/sealed_name.h"
#include "core/sticky/test_seal.h"
#include "core/test_snapshot.h"

namespace fairlead::core {
namespace {

const WallTime kNow{std::chrono::seconds(1'800'000'000)};

class ExplainSticky : public testing::Test {
 protected:
  ExplainSticky() {
    PoolConfig pool = test_pool_config("app", {1, 1, 0});
    pool.sticky = {.kind = StickyConfig::Kind::cookie, .cookie = {.name = "srv", .ttl = 1h}};
    ListenerConfig listener = test_listener("web", {test_route("all", "app")});
    listener.bind = {Address(Ip(), 80)};
    snapshot_ = make_snapshot(test_config({pool}, {listener}), registry_, 1, 1,
                              all_are(State::healthy), nullptr, &seal_);
    request_.host = "a.example";
  }
  const PoolSnapshot& pool() const { return *snapshot_->pools[0]; }
  // Shows a cookie that leads to the member.
  void kept_at(size_t member) {
    const auto name = pool().names->name_of(pool().members[member].backend->id());
    request_.headers = {{"cookie", "srv=" + seal_name({*name, kNow + 1h}, "app", seal_)}};
  }
  ExplainedPool told() {
    return *explain(*snapshot_, request_, {.seal = &seal_, .wall_now = kNow}).pool;
  }

  TestSeal seal_{{"key"}};
  Registry registry_{1};
  std::shared_ptr<const Snapshot> snapshot_;
  DescribedRequest request_;
};

TEST_F(ExplainSticky, AClientThatIsKeptGoesThereAndNobodyElseDoes) {
  for (uint32_t member = 0; member < 3; ++member) {  // also where there is no weight
    kept_at(member);
    const ExplainedPool pool = told();
    EXPECT_EQ(pool.taken, member);
    EXPECT_TRUE(pool.sticky->kept);
    EXPECT_EQ(pool.sticky->why, "it leads to " + pool.members[member].address);
    EXPECT_EQ(pool.members[member].why, "sticky: the client is kept here");
    EXPECT_EQ(pool.members[member].chance, 1);
  }
}

TEST_F(ExplainSticky, ANewOrForgedOneIsBalanced) {
  EXPECT_EQ(told().sticky->why, "there is none: the client is new");
  request_.headers = {{"cookie", "srv=forged"}};
  EXPECT_EQ(told().sticky->why, "it is none of ours for this pool, or its secret is another");
  EXPECT_FALSE(told().sticky->kept);
  EXPECT_TRUE(told().taken);
}

TEST_F(ExplainSticky, SaysWhyABackendIsLeft) {
  kept_at(1);
  const Flip out{pool().members[1].backend->id(), {State::disabled, 1}};
  snapshot_ = with_flips(*snapshot_, 0, std::span(&out, 1));
  EXPECT_EQ(told().sticky->why, "its backend 127.0.0.1:9002 is disabled: another one is chosen");
  EXPECT_EQ(told().taken, 0u);
}

// ---- splits ---------------------------------------------------------------------------

TEST(ExplainSplit, SaysWhichSideAndTakesItsPool) {
  RouteConfig route = test_route("shop", "");
  route.action = ToSplit{{{"a", 90}, {"b", 10}, {"off", 0}}};
  route.side.key = KeySource{KeyPart::cookie, "id"};
  ListenerConfig listener = test_listener("web", {route});
  listener.bind = {Address(Ip(), 80)};
  Registry registry(1);
  const auto snapshot = make_snapshot(
      test_config(
          {test_pool_config("a", {1}), test_pool_config("b", {1}), test_pool_config("off", {1})},
          {listener}),
      registry, 1, 1, all_are(State::healthy));
  int on_b = 0;
  for (int i = 0; i < 300; ++i) {
    DescribedRequest request;
    request.headers = {{"cookie", fmt::format("id=client-{}", i)}};
    const Explanation told = explain(*snapshot, request, {});
    ASSERT_TRUE(told.split && told.pool);
    EXPECT_EQ(told.action, Explanation::Action::split);
    EXPECT_EQ(told.split->key->value, fmt::format("client-{}", i));
    const uint32_t side = snapshot->splits[0]->part_of(told.split->key->hash, UINT32_MAX);
    EXPECT_TRUE(told.split->sides[side].taken);
    EXPECT_EQ(told.pool->name, told.split->sides[side].pool);
    EXPECT_DOUBLE_EQ(told.split->sides[1].portion, 0.1);
    on_b += side == 1;
  }
  EXPECT_GT(on_b, 0);
  EXPECT_LT(on_b, 100);
}

}  // namespace
}  // namespace fairlead::core
