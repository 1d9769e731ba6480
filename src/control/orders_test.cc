// Orders of operators, a backend's own word, and the drains that follow from them, with leases in
// place of traffic.
#include <gtest/gtest.h>

#include <optional>

#include "control/controller.h"
#include "control/test_config.h"
#include "control/test_log.h"
#include "core/pool.h"
#include "http/test_server.h"
#include "net/sim_network.h"

namespace fairlead::control {
namespace {

const Ip kHere = Ip::v4({10, 0, 0, 1});
const Address kOne(Ip::v4({10, 0, 0, 2}), 9001);
const Address kTwo(Ip::v4({10, 0, 0, 2}), 9002);
constexpr const char* kStays = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
constexpr const char* kLeaves = "HTTP/1.1 200 OK\r\nx-health: leaving\r\ncontent-length: 0\r\n\r\n";

class Ordering : public testing::Test {
 protected:
  static core::PoolConfig pool(std::initializer_list<Address> backends) {
    core::PoolConfig pool = test_pool("api", backends, core::ProbeConfig::Kind::off);
    pool.drain_timeout = 5s;
    return pool;
  }
  void start(const core::PoolConfig& pool) {
    controller_.start(test_config({pool}));
    pool_.update(controller_.snapshot()->pools[0]);
  }
  void start(std::initializer_list<Address> backends) { start(pool(backends)); }
  // One backend that is asked every second, and does not leave yet.
  void start_asked() {
    server_.emplace(there_, kOne, kStays);
    core::PoolConfig asked = pool({kOne});
    asked.health.kind = core::ProbeConfig::Kind::http;
    asked.health.interval = 1s;
    asked.health.draining.headers = {{"x-health", *core::Pattern::parse("leaving")}};
    start(asked);
    world_.run_for(2s);
    pool_.update(controller_.snapshot()->pools[0]);
  }
  core::Lease lease() { return std::move(*pool_.pick({}, {}, random_, here_.now())); }
  uint32_t id(const Address& address) {
    for (const auto& [id, entry] : controller_.health().entries()) {
      if (entry.backend->address() == address) return id;
    }
    return 0;
  }
  const HealthEntry& entry(const Address& address) {
    return *controller_.health().find(id(address));
  }
  const core::Member& member(const Address& address) {
    for (const core::Member& member : controller_.snapshot()->pools[0]->members) {
      if (member.backend->address() == address) return member;
    }
    ADD_FAILURE() << "no such backend";
    return controller_.snapshot()->pools[0]->members[0];
  }

  net::SimWorld world_{7};
  net::SimNetwork here_{world_, kHere};
  net::SimNetwork there_{world_, kOne.ip()};
  std::optional<http::TestServer> server_;
  TestLog lines_;
  Random random_{1};
  core::Pool pool_{0};
  std::vector<uint32_t> cut_;
  std::vector<std::function<void()>> fences_;
  bool keep_fences_ = false;
  Controller controller_{{.network = here_,
                          .log = lines_.log,
                          .workers = 1,
                          .seed = 1,
                          .publish = [](auto) {},
                          .cut = [this](uint32_t backend) { cut_.push_back(backend); },
                          .fence =
                              [this](std::function<void()> done) {
                                if (keep_fences_) return fences_.push_back(std::move(done));
                                done();
                              }}};
};

TEST_F(Ordering, ADrainIsPublishedAtOnceAndEndsWithTheLastWork) {
  start({kOne});
  std::optional<core::Lease> running = lease();
  controller_.order(id(kOne), core::Order::drain);
  EXPECT_EQ(member(kOne).state, core::State::draining);
  EXPECT_FALSE(member(kOne).eligible);
  world_.run_for(2s);
  const Drain* drain = controller_.drains().find(id(kOne));
  ASSERT_NE(drain, nullptr);
  EXPECT_FALSE(drain->ended);
  EXPECT_EQ(drain->left(world_.now()), 3s);
  EXPECT_EQ(entry(kOne).health.reason(), "draining by order");
  running.reset();
  world_.run_for(200ms);
  EXPECT_TRUE(drain->ended);
  EXPECT_EQ(entry(kOne).health.state(), core::State::draining);
  EXPECT_EQ(entry(kOne).health.reason(), "drained");
  EXPECT_EQ(lines_.count("pool `api`: 10.0.0.2:9001 is drained"), 1u);
  EXPECT_TRUE(cut_.empty());
}

TEST_F(Ordering, WhatIsLeftAtTheDeadlineIsCutUntilItIsGone) {
  start({kOne});
  std::optional<core::Lease> running = lease();
  controller_.order(id(kOne), core::Order::drain);
  world_.run_for(4900ms);
  EXPECT_TRUE(cut_.empty());
  world_.run_for(400ms);
  EXPECT_GE(cut_.size(), 2u);
  EXPECT_EQ(cut_[0], id(kOne));
  running.reset();
  world_.run_for(200ms);
  const size_t cuts = cut_.size();
  EXPECT_EQ(entry(kOne).health.reason(), "drained: 1 was cut off after 5 s");
  world_.run_for(10s);
  EXPECT_EQ(cut_.size(), cuts);
}

TEST_F(Ordering, NothingIsDrainedBeforeEveryWorkerHasHeardOfIt) {
  keep_fences_ = true;
  start({kOne});
  controller_.order(id(kOne), core::Order::drain);
  world_.run_for(10s);
  EXPECT_EQ(entry(kOne).health.reason(), "draining by order");
  ASSERT_EQ(fences_.size(), 1u);
  controller_.order(id(kOne), core::Order::enable);
  controller_.order(id(kOne), core::Order::drain);
  fences_[0]();
  world_.run_for(1s);
  EXPECT_EQ(entry(kOne).health.reason(), "draining by order") << "that was of the first order";
  fences_[1]();
  world_.run_for(1s);
  EXPECT_EQ(entry(kOne).health.reason(), "drained");
}

TEST_F(Ordering, EnablingEndsADrain) {
  start({kOne});
  const core::Lease running = lease();
  controller_.order(id(kOne), core::Order::drain);
  controller_.order(id(kOne), core::Order::enable);
  EXPECT_TRUE(member(kOne).eligible);
  EXPECT_EQ(controller_.drains().find(id(kOne)), nullptr);
  world_.run_for(10s);
  EXPECT_TRUE(cut_.empty());
}

TEST_F(Ordering, TheSameOrderTwiceIsOne) {
  start({kOne});
  const core::Lease running = lease();
  controller_.order(id(kOne), core::Order::drain);
  world_.run_for(2s);
  controller_.order(id(kOne), core::Order::drain);
  EXPECT_EQ(controller_.drains().find(id(kOne))->left(world_.now()), 3s);
  EXPECT_EQ(lines_.count("healthy -> draining: draining by order"), 1u);
}

TEST_F(Ordering, DisablingKeepsTheDeadlineOfTheDrainBefore) {
  start({kOne});
  const core::Lease running = lease();
  controller_.order(id(kOne), core::Order::drain);
  world_.run_for(2s);
  controller_.order(id(kOne), core::Order::disable);
  EXPECT_EQ(controller_.drains().find(id(kOne))->left(world_.now()), 3s);
  EXPECT_EQ(member(kOne).state, core::State::disabled);
}

TEST_F(Ordering, OrdersSurviveAReload) {
  start({kOne, kTwo});
  controller_.order(id(kOne), core::Order::drain);
  controller_.order_weight(id(kTwo), 7);
  world_.run_for(1s);
  controller_.apply(test_config({pool({kTwo, kOne})}));
  EXPECT_EQ(member(kOne).state, core::State::draining);
  EXPECT_EQ(entry(kOne).health.reason(), "drained");
  EXPECT_EQ(member(kTwo).weight, 7u);
  EXPECT_EQ(entry(kTwo).file_weight, 1u);
}

TEST_F(Ordering, AWeightEndsWithTheFilesOwn) {
  start({kOne});
  controller_.order_weight(id(kOne), 0);
  EXPECT_FALSE(member(kOne).eligible);
  EXPECT_EQ(lines_.count("pool `api`: 10.0.0.2:9001 weight 1 -> 0: by order; the file says 1"), 1u);
  controller_.order_weight(id(kOne), 1);
  EXPECT_TRUE(member(kOne).eligible);
  EXPECT_EQ(entry(kOne).ordered_weight, std::nullopt);
  controller_.order_weight(id(kOne), 5);
  controller_.order_weight(id(kOne), std::nullopt);
  EXPECT_EQ(member(kOne).weight, 1u);
}

TEST_F(Ordering, AFileThatSaysTheOrderedWeightTakesItOver) {
  start({kOne});
  controller_.order_weight(id(kOne), 5);
  auto next = pool({kOne});
  next.backends[0].weight = 5;
  controller_.apply(test_config({next}));
  next.backends[0].weight = 2;
  controller_.apply(test_config({next}));
  EXPECT_EQ(member(kOne).weight, 2u);
}

TEST_F(Ordering, ARemovedBackendEndsByItsDrainTimeout) {
  start({kOne});
  std::optional<core::Lease> running = lease();
  const uint32_t gone = id(kOne);
  controller_.apply(test_config({pool({kTwo})}));
  EXPECT_TRUE(controller_.drains().find(gone)->removed);
  world_.run_for(4900ms);
  EXPECT_TRUE(cut_.empty());
  world_.run_for(300ms);
  EXPECT_FALSE(cut_.empty());
  running.reset();
  world_.run_for(200ms);
  EXPECT_EQ(controller_.drains().find(gone), nullptr);
  EXPECT_EQ(lines_.count("pool `api`: 10.0.0.2:9001 is gone, drained: 1 was cut off after 5 s"),
            1u);
}

TEST_F(Ordering, ARemovedBackendWithoutWorkGoesSilently) {
  start({kOne});
  controller_.apply(test_config({pool({kTwo})}));
  world_.run_for(1s);
  EXPECT_TRUE(controller_.drains().all().empty());
  EXPECT_EQ(lines_.count("gone"), 0u);
}

TEST_F(Ordering, ARemovedBackendThatComesBackIsNotCut) {
  start({kOne});
  const core::Lease running = lease();
  controller_.apply(test_config({pool({kTwo})}));
  world_.run_for(1s);
  controller_.apply(test_config({pool({kOne, kTwo})}));
  world_.run_for(10s);
  EXPECT_TRUE(cut_.empty());
  EXPECT_TRUE(member(kOne).eligible);
}

TEST_F(Ordering, ADrainTimeoutOfNothingCutsAtOnce) {
  auto hasty = pool({kOne});
  hasty.drain_timeout = 0s;
  start(hasty);
  const core::Lease running = lease();
  controller_.order(id(kOne), core::Order::drain);
  world_.run_for(200ms);
  EXPECT_FALSE(cut_.empty());
}

TEST_F(Ordering, ABackendsWordDrainsItUntilProbesPassWithoutIt) {
  start_asked();
  std::optional<core::Lease> running = lease();
  server_->set_response(kLeaves);
  world_.run_for(2s);
  EXPECT_EQ(member(kOne).state, core::State::draining);
  EXPECT_FALSE(member(kOne).eligible);
  EXPECT_EQ(entry(kOne).health.ordered(), core::State::healthy);
  ASSERT_NE(controller_.drains().find(id(kOne)), nullptr);
  EXPECT_EQ(
      lines_.count("healthy -> draining: draining by its own word: status 200, header x-health "
                   "is `leaving`"),
      1u);
  EXPECT_TRUE(cut_.empty());
  running.reset();
  world_.run_for(200ms);
  EXPECT_EQ(entry(kOne).health.reason(),
            "draining by its own word: status 200, header x-health is `leaving`; drained");
  EXPECT_EQ(lines_.count("pool `api`: 10.0.0.2:9001 is drained"), 1u);
  server_->set_response(kStays);
  world_.run_for(4s);
  EXPECT_TRUE(member(kOne).eligible);
  EXPECT_EQ(controller_.drains().find(id(kOne)), nullptr);
  EXPECT_EQ(lines_.count("draining -> healthy: 2 of 2 probes passed without its word to leave"),
            1u);
}

TEST_F(Ordering, WhoLeavesByItsWordIsCutAtTheDeadlineThoughItsPortIsClosed) {
  start_asked();
  const core::Lease running = lease();
  server_->set_response(kLeaves);
  world_.run_for(2s);
  server_.reset();
  world_.run_for(2s);
  EXPECT_TRUE(cut_.empty());
  world_.run_for(2s);
  EXPECT_FALSE(cut_.empty());
  EXPECT_EQ(member(kOne).state, core::State::draining);
}

TEST_F(Ordering, WhoHasLeftByItsWordAndFailsIsUnhealthy) {
  start_asked();
  server_->set_response(kLeaves);
  world_.run_for(2s);
  server_.reset();
  world_.run_for(10s);
  EXPECT_EQ(member(kOne).state, core::State::unhealthy);
  EXPECT_EQ(controller_.drains().find(id(kOne)), nullptr);
}

TEST_F(Ordering, AnOrderDuringTheWordKeepsTheDrain) {
  start_asked();
  const core::Lease running = lease();
  server_->set_response(kLeaves);
  world_.run_for(1200ms);
  const uint64_t number = controller_.drains().find(id(kOne))->number;
  controller_.order(id(kOne), core::Order::drain);
  EXPECT_EQ(entry(kOne).health.reason(), "draining by order");
  controller_.order(id(kOne), core::Order::enable);
  EXPECT_EQ(member(kOne).state, core::State::draining);
  EXPECT_EQ(controller_.drains().find(id(kOne))->number, number);
}

TEST_F(Ordering, AReloadThatTurnsProbesOffEndsTheWord) {
  start_asked();
  const core::Lease running = lease();
  server_->set_response(kLeaves);
  world_.run_for(2s);
  controller_.apply(test_config({pool({kOne})}));
  EXPECT_TRUE(member(kOne).eligible);
  EXPECT_EQ(controller_.drains().find(id(kOne)), nullptr);
  world_.run_for(10s);
  EXPECT_TRUE(cut_.empty());
}

// ---- clients that are kept ------------------------------------------------------------

core::PoolConfig sticky(core::PoolConfig pool, bool finish = true) {
  pool.sticky.kind = core::StickyConfig::Kind::cookie;
  pool.sticky.cookie.name = "srv";
  pool.sticky.finish_on_drain = finish;
  return pool;
}

TEST_F(Ordering, KeptClientsMayComeUntilTheDeadlineThoughNothingRuns) {
  start(sticky(pool({kOne, kTwo})));
  controller_.order(id(kOne), core::Order::drain);
  EXPECT_TRUE(member(kOne).lingers);
  EXPECT_FALSE(member(kOne).eligible);
  world_.run_for(4900ms);
  EXPECT_TRUE(member(kOne).lingers);
  EXPECT_FALSE(controller_.drains().find(id(kOne))->ended);
  world_.run_for(500ms);
  EXPECT_FALSE(member(kOne).lingers);
  EXPECT_TRUE(controller_.drains().find(id(kOne))->ended);
  EXPECT_EQ(entry(kOne).health.reason(), "drained");
}

TEST_F(Ordering, WhatKeptClientsHaveRunningAtTheDeadlineIsCut) {
  start(sticky(pool({kOne})));
  controller_.order(id(kOne), core::Order::drain);
  pool_.update(controller_.snapshot()->pools[0]);
  auto running = pool_.pick({.kept_at = id(kOne)}, {}, random_, here_.now());
  ASSERT_TRUE(running);
  world_.run_for(4900ms);
  EXPECT_TRUE(cut_.empty());
  world_.run_for(500ms);
  EXPECT_FALSE(cut_.empty());
  EXPECT_FALSE(controller_.drains().find(id(kOne))->ended);
}

TEST_F(Ordering, ABackendIsClosedToKeptClientsBeforeItCountsAsDrained) {
  start(sticky(pool({kOne})));
  controller_.order(id(kOne), core::Order::drain);
  world_.run_for(1s);
  keep_fences_ = true;
  world_.run_for(5s);
  EXPECT_FALSE(member(kOne).lingers);
  EXPECT_FALSE(controller_.drains().find(id(kOne))->ended) << "not every worker has heard of it";
  ASSERT_EQ(fences_.size(), 1u);
  fences_[0]();
  world_.run_for(200ms);
  EXPECT_TRUE(controller_.drains().find(id(kOne))->ended);
}

TEST_F(Ordering, KeptClientsMoveAtOnceWhereThePoolOrTheOrderSaysSo) {
  start(sticky(pool({kOne, kTwo}), false));
  controller_.order(id(kOne), core::Order::drain);
  EXPECT_FALSE(member(kOne).lingers);
  controller_.apply(test_config({sticky(pool({kOne, kTwo}))}));
  controller_.order(id(kTwo), core::Order::disable);
  EXPECT_FALSE(member(kTwo).lingers);
  world_.run_for(200ms);
  EXPECT_TRUE(controller_.drains().find(id(kTwo))->ended);
}

TEST_F(Ordering, KeptClientsLeaveADrainingBackendThatFails) {
  start(sticky(pool({kOne})));
  controller_.order(id(kOne), core::Order::drain);
  EXPECT_TRUE(member(kOne).lingers);
  const auto refused = core::Outcome::failure(Error{Code::refused, Side::upstream, Again::yes, {}});
  controller_.hear(
      {.backend = id(kOne), .outcome = refused, .in_row = false, .began = here_.now()});
  world_.run_for(1ms);
  EXPECT_FALSE(member(kOne).lingers);
}

// ---- the keys of cookies --------------------------------------------------------------

TEST_F(Ordering, KeysAreThereForStickyPoolsAloneAndStayTheSameOverReloads) {
  start({kOne});
  EXPECT_EQ(controller_.snapshot()->seal_keys, nullptr);
  controller_.apply(test_config({sticky(pool({kOne}))}));
  const auto keys = controller_.snapshot()->seal_keys;
  ASSERT_NE(keys, nullptr);
  ASSERT_NE(controller_.snapshot()->pools[0]->names, nullptr);
  const auto name = controller_.snapshot()->pools[0]->names->name_of(id(kOne));
  controller_.apply(test_config({sticky(pool({kOne, kTwo}))}));
  EXPECT_EQ(controller_.snapshot()->seal_keys, keys);
  EXPECT_EQ(controller_.snapshot()->pools[0]->names->name_of(id(kOne)), name);
  controller_.order(id(kTwo), core::Order::drain);
  EXPECT_EQ(controller_.snapshot()->pools[0]->names->name_of(id(kOne)), name);
  EXPECT_EQ(lines_.count("no sticky_secret is set"), 1u);
}

}  // namespace
}  // namespace fairlead::control
