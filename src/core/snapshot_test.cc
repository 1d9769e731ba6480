#include "core/snapshot.h"

#include <gtest/gtest.h>

#include "core/test_snapshot.h"

namespace fairlead::core {
namespace {

// Members by letters of state: h g (degraded) c e(jected) u d(raining) x (disabled); small: weight
// 0.
// -> who is eligible.
struct Given {
  std::string states;
  std::string eligible;
  Basis basis;
  bool use_all = false;
  bool probes = true;
};

State state_of(char letter) {
  switch (std::tolower(letter)) {
    case 'h': return State::healthy;
    case 'c': return State::checking;
    case 'g': return State::degraded;
    case 'e': return State::ejected;
    case 'u': return State::unhealthy;
    case 'd': return State::draining;
    default: return State::disabled;
  }
}

std::shared_ptr<const PoolSnapshot> settle(const Given& given) {
  Registry registry(1);
  auto config = std::make_shared<PoolConfig>();
  config->reject_when_none_healthy = !given.use_all;
  if (!given.probes) config->health.kind = ProbeConfig::Kind::off;
  std::vector<Member> members;
  for (char letter : given.states) {
    const auto port = static_cast<uint16_t>(9001 + members.size());
    members.push_back({registry.backend("p", test_address(port)), std::isupper(letter) ? 1u : 0u,
                       state_of(letter), false});
  }
  return make_pool_snapshot(config, std::move(members), registry.pool("p"));
}

TEST(PoolSnapshot, SettlesWhoIsEligible) {
  for (const Given& given : std::vector<Given>{
           {"HHH", "yyy", Basis::healthy},
           {"HCU", "y..", Basis::healthy},
           {"CCU", "yy.", Basis::unchecked},
           {"HDX", "y..", Basis::healthy},
           {"UDX", "...", Basis::none},
           {"UDX", "y..", Basis::unhealthy, true},
           {"UDX", "y..", Basis::unhealthy, false, false},
           {"DX", "..", Basis::none, true},
           {"HhU", "y..", Basis::healthy},
           {"hUU", "...", Basis::none},
           {"hUu", ".y.", Basis::unhealthy, true},
           {"hCU", ".y.", Basis::unchecked},
           {"HGE", "yy.", Basis::healthy},
           {"GEU", "y..", Basis::healthy},
           {"CEU", "y..", Basis::unchecked},
           {"EUD", "y..", Basis::ejected},
           {"EEX", "yy.", Basis::ejected},
           {"EUD", "yy.", Basis::unhealthy, true},
           {"EED", "yy.", Basis::ejected, true},
           {"eUD", "...", Basis::none},
           {"", "", Basis::none, true},
       }) {
    const auto pool = settle(given);
    std::string eligible;
    for (const Member& member : pool->members) eligible += member.eligible ? 'y' : '.';
    EXPECT_EQ(eligible, given.eligible) << given.states;
    EXPECT_EQ(pool->basis, given.basis) << given.states << ": " << name_of(pool->basis);
  }
}

TEST(Snapshot, FollowsTheConfiguration) {
  Registry registry(2);
  auto respond = test_route("web/1", "");
  respond.action = Respond{};
  auto config = test_config({test_pool_config("a", {1, 2}), test_pool_config("b", {3})},
                            {test_listener("web", {test_route("web/0", "b"), respond})});
  auto snapshot = make_snapshot(config, registry, 1, 1, all_are(State::healthy));
  ASSERT_EQ(snapshot->pools.size(), 2u);
  EXPECT_EQ(snapshot->pools[0]->members[1].weight, 2u);
  EXPECT_EQ(snapshot->pools[0]->members[1].backend->text(), "127.0.0.1:9002");
  EXPECT_EQ(find_pool(*snapshot, "b"), 1u);
  EXPECT_FALSE(find_pool(*snapshot, "c"));
  const auto& routes = snapshot->listeners[0]->router.routes();
  EXPECT_EQ(routes[0].pool, 1u);
  EXPECT_EQ(routes[0].series->pool, "b");
  EXPECT_FALSE(routes[1].pool);
  EXPECT_EQ(snapshot->listeners[0]->series->listener, "web");
}

TEST(Snapshot, PartsKeepTheirConfigurationAlive) {
  Registry registry(1);
  auto config = test_config({test_pool_config("a", {1})});
  std::weak_ptr<const Config> watch = config;
  auto pool = make_snapshot(std::move(config), registry, 1, 1, all_are(State::healthy))->pools[0];
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(pool->config->name, "a");
  pool.reset();
  EXPECT_TRUE(watch.expired());
}

TEST(Snapshot, AReloadKeepsBackendsAndSeries) {
  Registry registry(1);
  auto before = make_snapshot(
      test_config({test_pool_config("a", {1, 1})}, {test_listener("web", {test_route("r", "a")})}),
      registry, 1, 1, all_are(State::healthy));
  auto after =
      make_snapshot(test_config({test_pool_config("new", {1}), test_pool_config("a", {1, 5, 1})},
                                {test_listener("web", {test_route("r", "a")})}),
                    registry, 2, 2, all_are(State::healthy));
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(after->pools[1]->members[i].backend, before->pools[0]->members[i].backend);
  }
  EXPECT_NE(after->pools[0]->members[0].backend, before->pools[0]->members[0].backend);
  EXPECT_EQ(after->pools[1]->series, before->pools[0]->series);
  EXPECT_EQ(after->listeners[0]->router.routes()[0].series,
            before->listeners[0]->router.routes()[0].series);
}

TEST(Snapshot, AFlipMakesOnePoolAnewAndSharesTheRest) {
  Registry registry(1);
  auto before =
      make_snapshot(test_config({test_pool_config("a", {1, 1}), test_pool_config("b", {1})},
                                {test_listener("web", {test_route("r", "a")})}),
                    registry, 3, 7, all_are(State::healthy));
  const uint32_t id = before->pools[0]->members[1].backend->id();
  const std::vector<Flip> flips = {{id, {State::unhealthy, 1}}, {9999, {State::disabled, 1}}};
  auto after = with_flips(*before, 0, flips);
  EXPECT_EQ(after->version, 8u);
  EXPECT_EQ(after->generation, 3u);
  EXPECT_EQ(after->pools[1], before->pools[1]);
  EXPECT_EQ(after->listeners[0], before->listeners[0]);
  EXPECT_TRUE(before->pools[0]->members[1].eligible);
  EXPECT_FALSE(after->pools[0]->members[1].eligible);
  EXPECT_EQ(after->pools[0]->members[1].state, State::unhealthy);
  EXPECT_TRUE(after->pools[0]->members[0].eligible);
}

TEST(Snapshot, APlanIsSharedWhileItsCandidatesStay) {
  Registry registry(1);
  const auto config = [] { return test_config({test_pool_config("a", {1, 1, 1}, "maglev")}); };
  auto before = make_snapshot(config(), registry, 1, 1, all_are(State::healthy));
  ASSERT_NE(before->pools[0]->plan, nullptr);
  auto reloaded = make_snapshot(config(), registry, 2, 2, all_are(State::healthy), before.get());
  EXPECT_EQ(reloaded->pools[0]->plan, before->pools[0]->plan);
  const Flip down{before->pools[0]->members[1].backend->id(), {State::unhealthy, 1}};
  auto flipped = with_flips(*before, 0, std::span(&down, 1));
  EXPECT_NE(flipped->pools[0]->plan->digest(), before->pools[0]->plan->digest());
  const Flip up{down.backend, {State::healthy, 1}};
  auto back = with_flips(*flipped, 0, std::span(&up, 1));
  EXPECT_EQ(back->pools[0]->plan->digest(), before->pools[0]->plan->digest());
  auto other = test_pool_config("a", {1, 1, 1}, "maglev");
  other.balance.table_size = 1009;
  auto smaller =
      make_snapshot(test_config({other}), registry, 3, 3, all_are(State::healthy), before.get());
  EXPECT_NE(smaller->pools[0]->plan, before->pools[0]->plan);
}

TEST(Snapshot, BackupsActOnABasisOfTheirOwn) {
  Registry registry(1);
  auto config = test_pool_config("a", {1, 1});
  config.backends[1].backup = true;
  auto before = make_snapshot(test_config({config}), registry, 1, 1, all_are(State::healthy));
  EXPECT_EQ(before->pools[0]->basis, Basis::healthy);
  EXPECT_FALSE(before->pools[0]->members[1].eligible);
  const Flip down{before->pools[0]->members[0].backend->id(), {State::unhealthy, 1}};
  auto after = with_flips(*before, 0, std::span(&down, 1));
  EXPECT_EQ(after->pools[0]->basis, Basis::backup);
  EXPECT_TRUE(after->pools[0]->members[1].eligible);
  ASSERT_EQ(after->pools[0]->candidates.size(), 1u);
  EXPECT_EQ(after->pools[0]->places[0], 1u);
}

TEST(Registry, ForgetsWhatNobodyUses) {
  Registry registry(1);
  auto first = registry.backend("p", test_address(1));
  EXPECT_EQ(registry.backend("p", test_address(1)), first);
  EXPECT_NE(registry.backend("q", test_address(1)), first);
  const uint32_t id = first->id();
  first.reset();
  registry.sweep();
  EXPECT_GT(registry.backend("p", test_address(1))->id(), id);
}

TEST(Backend, IdentityIsOfTheAddressAlone) {
  Registry one(1), other(4);
  auto a = one.backend("p", test_address(8081));
  other.backend("x", test_address(1));
  auto b = other.backend("q", test_address(8081));
  EXPECT_NE(a->id(), b->id());
  EXPECT_EQ(a->identity(), b->identity());
  EXPECT_NE(a->identity(), identity_of(test_address(8082)));
  // The very number: instances of different versions must agree.
  EXPECT_EQ(identity_of(test_address(8081)), 0x4caaa1631bf51399u);
}

TEST(Backend, ItsLoadIsAloneOnItsLine) {
  Registry registry(1);
  auto backend = registry.backend("p", test_address(1));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(&backend->load()) % 64, 0u);
  EXPECT_EQ(sizeof(LiveLoad), 64u);
}

}  // namespace
}  // namespace fairlead::core
