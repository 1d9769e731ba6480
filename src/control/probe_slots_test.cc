#include "control/probe_slots.h"

#include <gtest/gtest.h>

#include <memory>

#include "net/scope.h"
#include "net/wait.h"

namespace fairlead::control {
namespace {

class Slots : public testing::Test {
 protected:
  // Takes a slot and keeps it until `done`.
  net::Task<void> work(net::Event& done) {
    const ProbeSlots::Hold slot = co_await slots_.take();
    ++running_;
    co_await net::wait_for(alarm_, kNever, done);
    --running_;
  }
  void turn() { ready_.run(); }

  net::ReadyQueue ready_;
  net::AlarmWheel wheel_{Instant()};
  net::Alarm alarm_{wheel_};
  ProbeSlots slots_{ready_, 2};
  int running_ = 0;
};

TEST_F(Slots, LetOnlySoManyRunAndTheOthersInTurn) {
  net::Event done[4];
  net::Scope scopes[4];
  for (int i = 0; i < 4; ++i) scopes[i].spawn(work(done[i]));
  EXPECT_EQ(running_, 2);
  done[0].set(ready_);
  turn();
  turn();
  EXPECT_EQ(running_, 2);
  EXPECT_TRUE(scopes[0].empty());
  for (int i = 1; i < 4; ++i) done[i].set(ready_);
  for (int i = 0; i < 4; ++i) turn();
  EXPECT_EQ(running_, 0);
  EXPECT_EQ(slots_.free(), 2u);
}

TEST_F(Slots, AreNotLostWhenAWaitingTaskIsDropped) {
  net::Event done[3];
  net::Scope first, second;
  auto third = std::make_unique<net::Scope>();
  first.spawn(work(done[0]));
  second.spawn(work(done[1]));
  third->spawn(work(done[2]));
  third.reset();
  first.cancel_all();
  EXPECT_EQ(slots_.free(), 1u);
}

TEST_F(Slots, AreNotLostWhenATaskIsDroppedBetweenItsTurnAndItsRun) {
  net::Event done[3];
  net::Scope first, second, third;
  first.spawn(work(done[0]));
  second.spawn(work(done[1]));
  third.spawn(work(done[2]));
  first.cancel_all();  // the third has the slot now, and has not run
  EXPECT_EQ(slots_.free(), 0u);
  third.cancel_all();
  EXPECT_EQ(slots_.free(), 1u);
}

}  // namespace
}  // namespace fairlead::control
