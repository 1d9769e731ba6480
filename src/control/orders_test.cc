// Orders of operators and the drains that follow from them, with leases in place of traffic.
#include <gtest/gtest.h>

#include <optional>

#include "control/controller.h"
#include "control/test_config.h"
#include "control/test_log.h"
#include "core/pool.h"
#include "net/sim_network.h"

namespace fairlead::control {
namespace {

const Ip kHere = Ip::v4({10, 0, 0, 1});
const Address kOne(Ip::v4({10, 0, 0, 2}), 9001);
const Address kTwo(Ip::v4({10, 0, 0, 2}), 9002);

class Ordering : public testing::Test {
 protected:
  static core::PoolConfig pool(std::initializer_list<Address> backends) {
    core::PoolConfig pool = test_pool("api", backends, core::ProbeConfig::Kind::off);
    pool.drain_timeout = 5s;
    return pool;
  }
  void start(std::initializer_list<Address> backends) {
    controller_.start(test_config({pool(backends)}));
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
  controller_.start(test_config({hasty}));
  pool_.update(controller_.snapshot()->pools[0]);
  const core::Lease running = lease();
  controller_.order(id(kOne), core::Order::drain);
  world_.run_for(200ms);
  EXPECT_FALSE(cut_.empty());
}

}  // namespace
}  // namespace fairlead::control
