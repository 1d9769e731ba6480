// Health by traffic, with a controller on a simulated network and the leases of two workers.
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "control/controller.h"
#include "control/test_config.h"
#include "control/test_log.h"
#include "core/pool.h"
#include "core/slow_start.h"
#include "http/test_server.h"
#include "net/sim_network.h"

namespace fairlead::control {
namespace {

const Ip kHere = Ip::v4({10, 0, 0, 1});
const Ip kThere = Ip::v4({10, 0, 0, 2});
const Address kOne(kThere, 9001);
const Address kTwo(kThere, 9002);
const Address kThree(kThere, 9003);
constexpr const char* kOk = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

class TrafficHealth : public testing::Test {
 protected:
  void start(core::PoolConfig pool) {
    for (const core::BackendConfig& backend : pool.backends) serve(backend.address);
    controller_.start(test_config({std::move(pool)}));
    world_.run_for(2s);
  }
  void serve(const Address& address) {
    servers_[address] = std::make_unique<http::TestServer>(there_, address, kOk);
  }
  const core::PoolSnapshot& pool() { return *controller_.snapshot()->pools[0]; }
  const core::Member& member(const Address& address) {
    for (const core::Member& each : pool().members) {
      if (each.backend->address() == address) return each;
    }
    ADD_FAILURE() << "no such backend";
    return pool().members[0];
  }
  core::State state(const Address& address) { return member(address).state; }
  HealthEntry entry(const Address& address) {
    return *controller_.health().find(member(address).backend->id());
  }
  // Traffic of one worker, whatever the pool's state: as requests that are on their way already.
  void traffic(const Address& address, int times, uint16_t status, uint32_t worker = 0) {
    auto config = std::make_shared<core::PoolConfig>(*pool().config);
    const auto alone = core::make_pool_snapshot(
        config, {{.backend = member(address).backend, .weight = 1, .state = core::State::healthy}},
        pool().series);
    core::Pool view(worker);
    view.update(alone);
    Random random(1);
    for (int i = 0; i < times; ++i) {
      auto lease = view.pick({}, {}, random, here_.now());
      const auto outcome = core::Outcome::success(status, 1ms);
      const core::Notice notice = lease->report(outcome, here_.now());
      if (notice == core::Notice::nothing) continue;
      controller_.hear({.backend = lease->backend().id(),
                        .outcome = outcome,
                        .in_row = notice == core::Notice::trouble_in_row,
                        .began = here_.now()});
    }
    world_.run_for(1ms);
  }

  net::SimWorld world_{7};
  net::SimNetwork here_{world_, kHere};
  net::SimNetwork there_{world_, kThere};
  std::map<Address, std::unique_ptr<http::TestServer>> servers_;
  TestLog lines_;
  Controller controller_{
      {.network = here_, .log = lines_.log, .workers = 2, .seed = 1, .publish = [](auto) {}}};
};

TEST_F(TrafficHealth, FiveErrorsInARowEjectAtOnceWhicheverWorkersMetThem) {
  start(test_pool("api", {kOne, kTwo}));
  traffic(kOne, 3, 503, 0);
  traffic(kOne, 1, 503, 1);
  EXPECT_EQ(state(kOne), core::State::healthy);
  traffic(kOne, 1, 500, 1);
  EXPECT_EQ(state(kOne), core::State::ejected);
  EXPECT_FALSE(member(kOne).eligible);
  EXPECT_EQ(lines_.count("pool `api`: 10.0.0.2:9001 healthy -> ejected: 5 errors in a row, last: "
                         "status 500; out for 30 s, ejection 1"),
            1u);
  EXPECT_EQ(entry(kOne).ejections[0], 1u);
}

TEST_F(TrafficHealth, ASuccessInBetweenEndsTheRow) {
  start(test_pool("api", {kOne, kTwo}));
  traffic(kOne, 4, 503);
  traffic(kOne, 1, 200, 1);
  traffic(kOne, 4, 503);
  EXPECT_EQ(state(kOne), core::State::healthy);
}

TEST_F(TrafficHealth, ProbesThatPassDoNotEndAnEjectionAndTimeDoes) {
  auto pool = test_pool("api", {kOne, kTwo});
  pool.health.interval = 1s;
  start(pool);
  traffic(kOne, 5, 503);
  world_.run_for(29s);
  EXPECT_EQ(state(kOne), core::State::ejected);
  world_.run_for(2s);
  EXPECT_EQ(state(kOne), core::State::healthy);
  EXPECT_EQ(lines_.count("ejected -> healthy: its ejection of 30 s is over"), 1u);
}

TEST_F(TrafficHealth, ErrorsOfBeforeAnEjectionDoNotCountBehindIt) {
  start(test_pool("api", {kOne, kTwo}));
  traffic(kOne, 9, 503);  // four of them are late
  world_.run_for(31s);
  ASSERT_EQ(state(kOne), core::State::healthy);
  traffic(kOne, 4, 503);
  EXPECT_EQ(state(kOne), core::State::healthy);
  traffic(kOne, 1, 503);
  EXPECT_EQ(state(kOne), core::State::ejected);
  EXPECT_EQ(lines_.count("out for 60 s, ejection 2"), 1u);
}

TEST_F(TrafficHealth, MaxEjectedHoldsAndTheLastOneStays) {
  start(test_pool("api", {kOne, kTwo}));
  traffic(kOne, 5, 503);
  traffic(kTwo, 50, 503);
  EXPECT_EQ(state(kOne), core::State::ejected);
  EXPECT_EQ(state(kTwo), core::State::healthy);
  EXPECT_EQ(
      lines_.count("pool `api`: 10.0.0.2:9002 is not ejected: 5 errors in a row, last: status "
                   "503; no other backend of the pool serves"),
      1u);
}

TEST_F(TrafficHealth, AWithheldEjectionComesWhenThereIsRoom) {
  start(test_pool("api", {kOne, kTwo}));
  traffic(kOne, 5, 503);
  traffic(kTwo, 5, 503);
  ASSERT_EQ(state(kTwo), core::State::healthy);
  world_.run_for(32s);
  EXPECT_EQ(state(kOne), core::State::healthy);
  EXPECT_EQ(state(kTwo), core::State::ejected);
}

TEST_F(TrafficHealth, WhoHasJustBeenEjectedIsNotWithheldAsWell) {
  start(test_pool("api", {kOne, kTwo}));
  traffic(kOne, 30, 503);
  traffic(kTwo, 30, 503);
  ASSERT_EQ(state(kTwo), core::State::healthy);
  const auto withheld = [&] { return lines_.count("no other backend of the pool serves"); };
  for (int i = 0; i < 40 && state(kTwo) != core::State::ejected; ++i) {
    traffic(kTwo, 30, 503);
    world_.run_for(1s);
  }
  ASSERT_EQ(state(kTwo), core::State::ejected);
  EXPECT_EQ(withheld(), 1u);
}

TEST_F(TrafficHealth, TheShareEjectedIsLimited) {
  start(test_pool("api", {kOne, kTwo, kThree}));
  traffic(kOne, 5, 503);
  traffic(kTwo, 5, 503);
  EXPECT_EQ(state(kTwo), core::State::healthy);
  EXPECT_EQ(lines_.count("1 of 3 are ejected, and max_ejected is 50 %"), 1u);
}

TEST_F(TrafficHealth, ErrorRatesShrinkTheShareAndThenEject) {
  start(test_pool("api", {kOne, kTwo}));
  for (int i = 0; i < 30; ++i) {
    traffic(kOne, 3, 500);
    traffic(kOne, 7, 200);
  }
  world_.run_for(2s);
  EXPECT_EQ(state(kOne), core::State::degraded);
  EXPECT_TRUE(member(kOne).eligible);
  EXPECT_EQ(member(kOne).share, 50);
  EXPECT_EQ(lines_.count("healthy -> degraded: error rate 30 % of "), 1u);
  for (int i = 0; i < 300; ++i) {
    traffic(kOne, 4, 500);
    traffic(kOne, 1, 200);
  }
  world_.run_for(2s);
  EXPECT_EQ(state(kOne), core::State::ejected);
  EXPECT_EQ(lines_.count("degraded -> ejected: error rate "), 1u);
  EXPECT_EQ(entry(kOne).ejections[1], 1u);
}

TEST_F(TrafficHealth, ADegradedBackendThatMendsGetsItsShareBack) {
  start(test_pool("api", {kOne, kTwo}));
  for (int i = 0; i < 30; ++i) {
    traffic(kOne, 3, 500);
    traffic(kOne, 7, 200);
  }
  world_.run_for(2s);
  ASSERT_EQ(state(kOne), core::State::degraded);
  for (int i = 0; i < 40; ++i) {
    traffic(kOne, 10, 200);
    world_.run_for(1s);
  }
  EXPECT_EQ(state(kOne), core::State::healthy);
  EXPECT_EQ(member(kOne).share, 100);
}

TEST_F(TrafficHealth, EjectedOnesWorkWhereNobodyElseIs) {
  start(test_pool("api", {kOne, kTwo}));
  traffic(kOne, 5, 503);
  servers_.erase(kTwo);
  world_.run_for(15s);
  EXPECT_EQ(state(kTwo), core::State::unhealthy);
  EXPECT_EQ(pool().basis, core::Basis::ejected);
  EXPECT_TRUE(member(kOne).eligible);
  EXPECT_EQ(
      lines_.count("pool `api`: none is healthy; 1 of 2 backends are ejected, and get new work "
                   "all the same"),
      1u);
}

TEST_F(TrafficHealth, AReloadKeepsAnEjectionAndWhatLedToIt) {
  auto pool = test_pool("api", {kOne, kTwo});
  start(pool);
  traffic(kOne, 5, 503);
  pool.passive.consecutive_errors = 7;
  pool.backends.push_back({.address = kThree, .weight = 1, .place = {}});
  controller_.apply(test_config({pool}));
  EXPECT_EQ(state(kOne), core::State::ejected);
  world_.run_for(20s);
  EXPECT_EQ(state(kOne), core::State::ejected);
  world_.run_for(12s);
  EXPECT_EQ(state(kOne), core::State::healthy);
}

TEST_F(TrafficHealth, PassiveOffLeavesTrafficWithoutASay) {
  auto pool = test_pool("api", {kOne, kTwo});
  pool.passive.on = false;
  start(pool);
  traffic(kOne, 500, 503);
  world_.run_for(5s);
  EXPECT_EQ(state(kOne), core::State::healthy);
}

TEST_F(TrafficHealth, ABackendThatComesBackWarmsUp) {
  auto pool = test_pool("api", {kOne, kTwo});
  pool.slow_start = 20s;
  start(pool);
  EXPECT_EQ(member(kOne).share, 100);  // nobody warms up at the start
  EXPECT_EQ(member(kTwo).share, 100);
  traffic(kOne, 5, 503);
  world_.run_for(30s);
  ASSERT_EQ(state(kOne), core::State::healthy);
  EXPECT_EQ(member(kOne).share, core::kLeastShare);
  const uint64_t version = controller_.snapshot()->version;
  uint8_t last = 0;
  for (int i = 0; i < 22; ++i) {
    EXPECT_GE(member(kOne).share, last);
    last = member(kOne).share;
    world_.run_for(1s);
  }
  EXPECT_EQ(member(kOne).share, 100);
  EXPECT_LE(controller_.snapshot()->version, version + 20);
}

TEST_F(TrafficHealth, ANewBackendWarmsUpBesideOthersAndNotInANewPool) {
  auto pool = test_pool("api", {kOne});
  pool.slow_start = 20s;
  start(pool);
  serve(kTwo);
  serve(kThree);
  pool.backends.push_back({.address = kTwo, .weight = 1, .place = {}});
  auto fresh = test_pool("fresh", {kThree, kOne});
  fresh.slow_start = 20s;
  controller_.apply(test_config({pool, fresh}));
  world_.run_for(500ms);
  ASSERT_EQ(state(kTwo), core::State::healthy);
  EXPECT_EQ(member(kTwo).share, core::kLeastShare);
  EXPECT_EQ(member(kOne).share, 100);
  for (const core::Member& each : controller_.snapshot()->pools[1]->members) {
    EXPECT_EQ(each.share, 100) << each.backend->text();
  }
}

TEST_F(TrafficHealth, AFlappingBackendIsHeldDownEverLonger) {
  auto pool = test_pool("api", {kOne, kTwo});
  pool.health.interval = 1s;
  start(pool);
  std::vector<Duration> outages;
  for (int i = 0; i < 4; ++i) {
    servers_.erase(kOne);
    world_.run_for(10s);
    ASSERT_EQ(state(kOne), core::State::unhealthy);
    serve(kOne);
    const Instant began = here_.now();
    while (state(kOne) != core::State::healthy && here_.now() - began < 60s) world_.run_for(100ms);
    outages.push_back(here_.now() - began);
  }
  // 2, 4, 8 and 16 probes in a row, one each second.
  for (size_t i = 1; i < outages.size(); ++i) EXPECT_GT(outages[i], outages[i - 1] * 3 / 2) << i;
}

}  // namespace
}  // namespace fairlead::control
