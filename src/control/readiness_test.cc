#include "control/readiness.h"

#include <gtest/gtest.h>

#include "control/test_config.h"

namespace fairlead::control {
namespace {

const Address kOne(Ip::v4({10, 0, 1, 1}), 80);

class Ready : public testing::Test {
 protected:
  // Pools `a` and `b`, each with one backend in the given state.
  std::shared_ptr<const core::Snapshot> snapshot(core::State a, core::State b) {
    return core::make_snapshot(test_config({test_pool("a", {kOne}), test_pool("b", {kOne})}),
                               registry_, 1, 1,
                               [=](const core::Backend& backend, const core::BackendConfig&) {
                                 return core::Standing{backend.pool() == "a" ? a : b, 1};
                               });
  }
  core::Registry registry_{1};
};

using Reasons = std::vector<std::string>;

TEST_F(Ready, WhenOnePoolIsUsable) {
  const auto now = snapshot(core::State::healthy, core::State::unhealthy);
  EXPECT_EQ(reasons_not_ready({.snapshot = now.get(), .first_round_done = true}), Reasons{});
  EXPECT_EQ(unusable_pools(*now), Reasons{"b"});
}

TEST_F(Ready, NotWhenNoPoolIsUsable) {
  const auto now = snapshot(core::State::unhealthy, core::State::unhealthy);
  EXPECT_EQ(reasons_not_ready({.snapshot = now.get(), .first_round_done = true}),
            (Reasons{"pool `a` has no usable backend", "pool `b` has no usable backend"}));
}

TEST_F(Ready, SaysWhichPoolsDoNotRunOnHealthyBackends) {
  const auto now = snapshot(core::State::ejected, core::State::unhealthy);
  EXPECT_EQ(reasons_not_ready({.snapshot = now.get(), .first_round_done = true}), Reasons{});
  EXPECT_EQ(complaints(*now),
            (Reasons{"pool `a` has no healthy backend: its ejected ones get new work",
                     "pool `b` has no usable backend"}));
  EXPECT_EQ(complaints(*snapshot(core::State::healthy, core::State::degraded)), Reasons{});
}

TEST_F(Ready, NotBeforeTheFirstProbesNorWhileDraining) {
  const auto now = snapshot(core::State::healthy, core::State::healthy);
  EXPECT_EQ(reasons_not_ready({}), Reasons{"starting: no configuration acts yet"});
  EXPECT_EQ(reasons_not_ready({.snapshot = now.get(), .unchecked = 2}),
            Reasons{"starting: 2 backends to be checked for the first time"});
  EXPECT_EQ(reasons_not_ready({.snapshot = now.get(), .first_round_done = true, .draining = true}),
            Reasons{"draining: this instance is about to stop"});
}

TEST_F(Ready, WithoutAnyPool) {
  const auto now = core::make_snapshot(test_config({}), registry_, 1, 1, {});
  EXPECT_EQ(reasons_not_ready({.snapshot = now.get(), .first_round_done = true}), Reasons{});
}

}  // namespace
}  // namespace fairlead::control
