#include "control/publisher.h"

#include <gtest/gtest.h>

#include "control/test_config.h"
#include "net/sim_network.h"

namespace fairlead::control {
namespace {

const Address kOne(Ip::v4({10, 0, 1, 1}), 80);
const Address kTwo(Ip::v4({10, 0, 1, 2}), 80);

class Publishing : public testing::Test {
 protected:
  Publishing() {
    publisher_.replace(core::make_snapshot(config_, registry_, 1, publisher_.next_version(),
                                           [](const core::Backend&, const core::BackendConfig&) {
                                             return core::Standing{core::State::healthy, 1};
                                           }));
  }
  const core::Backend& backend(size_t pool, size_t index) {
    return *publisher_.current()->pools[pool]->members[index].backend;
  }
  void turn() { world_.run_for(1ms); }

  net::SimWorld world_{1};
  net::SimNetwork network_{world_, Ip::v4({10, 0, 0, 1})};
  core::Registry registry_{1};
  std::shared_ptr<const core::Config> config_ =
      test_config({test_pool("a", {kOne, kTwo}), test_pool("b", {kOne})});
  std::vector<Publisher::SnapshotPtr> published_;
  std::vector<std::string> changes_;
  Publisher publisher_{network_,
                       {.publish = [this](const auto& snapshot) { published_.push_back(snapshot); },
                        .basis_changed =
                            [this](const core::PoolSnapshot& pool, core::Basis before) {
                              changes_.push_back(pool.config->name + " " +
                                                 std::string(name_of(before)) + " -> " +
                                                 std::string(name_of(pool.basis)));
                            }}};
};

TEST_F(Publishing, MakesOneSnapshotOfAllFlipsOfATurn) {
  publisher_.flip(backend(0, 0), {core::State::unhealthy, 1});
  publisher_.flip(backend(1, 0), {core::State::unhealthy, 1});
  EXPECT_EQ(published_.size(), 1u);
  turn();
  ASSERT_EQ(published_.size(), 2u);
  EXPECT_EQ(published_[1]->version, published_[0]->version + 1);
  EXPECT_EQ(published_[1]->pools[0]->members[0].state, core::State::unhealthy);
  EXPECT_EQ(published_[1]->pools[0]->members[1].state, core::State::healthy);
  EXPECT_EQ(changes_, std::vector<std::string>{"b healthy -> none"});
}

TEST_F(Publishing, TheLastFlipOfABackendCounts) {
  publisher_.flip(backend(0, 0), {core::State::unhealthy, 1});
  publisher_.flip(backend(0, 0), {core::State::healthy, 1});
  turn();
  EXPECT_EQ(publisher_.current()->pools[0]->members[0].state, core::State::healthy);
}

TEST_F(Publishing, AWholeNewSnapshotDropsWaitingFlips) {
  publisher_.flip(backend(0, 0), {core::State::unhealthy, 1});
  publisher_.replace(publisher_.current());
  turn();
  EXPECT_EQ(published_.size(), 2u);
  EXPECT_EQ(publisher_.current()->pools[0]->members[0].state, core::State::healthy);
}

}  // namespace
}  // namespace fairlead::control
