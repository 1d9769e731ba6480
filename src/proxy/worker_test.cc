#include "proxy/worker.h"

#include <gtest/gtest.h>

#include <deque>

#include "core/registry.h"
#include "core/test_snapshot.h"
#include "core/totals.h"
#include "http/test_stream.h"
#include "net/sim_network.h"

namespace fairlead::proxy {
namespace {

// A door with a queue that the test fills; nobody is told of what comes.
class TestAcceptor final : public net::Acceptor {
 public:
  explicit TestAcceptor(int waiting) {
    while (waiting-- > 0) waiting_.push_back(std::make_unique<http::TestStream>());
  }
  Result<std::unique_ptr<net::Stream>> accept() override {
    if (waiting_.empty()) {
      acceptable_.clear();
      return nullptr;
    }
    auto stream = std::move(waiting_.front());
    waiting_.pop_front();
    return stream;
  }
  Address local() const override { return core::test_address(1); }

 private:
  std::deque<std::unique_ptr<net::Stream>> waiting_;
};

struct Nobody final : Outside, LogSink {
  bool log_access(std::string_view) override { return true; }
  Log& log() override { return own_log; }
  void tell(const core::Trouble&) override {}
  void write(Level, std::string_view) override {}
  Log own_log{*this, [] { return WallTime(); }};
};

// A worker whose pool is empty: a TCP connection ends as soon as it is admitted, one of HTTP stays.
class WorkerTest : public testing::Test {
 protected:
  void open(core::Protocol protocol, int waiting) {
    core::ListenerConfig listener =
        core::test_listener(std::to_string(doors_.size()), {core::test_route("r", "p")});
    listener.protocol = protocol;
    listener.bind = {core::test_address(static_cast<uint16_t>(doors_.size() + 1))};
    doors_.push_back({listener.bind[0], std::make_unique<TestAcceptor>(waiting)});
    listeners_.push_back(std::move(listener));
  }
  void begin() {
    core::Config config =
        *core::test_config({core::test_pool_config("p", {})}, std::move(listeners_));
    config.shed = shed_;
    snapshot_ = core::make_snapshot(std::make_shared<const core::Config>(std::move(config)),
                                    registry_, 1, 1, core::all_are(core::State::healthy));
    worker_.obey(snapshot_, std::move(doors_));
  }
  uint64_t refused(size_t listener) {
    return snapshot_->listeners[listener]->router.routes()[0].series->tally.of(0).shed.value();
  }
  uint64_t opened(size_t listener) {
    return snapshot_->listeners[listener]->series->tally.of(0).opened.value();
  }

  core::Registry registry_{1};
  net::SimWorld world_{1};
  net::SimNetwork network_{world_, Ip::v4({10, 0, 0, 1})};
  Nobody outside_;
  std::shared_ptr<const core::Snapshot> snapshot_;
  std::vector<core::ListenerConfig> listeners_;
  std::vector<OpenDoor> doors_;
  Duration shed_{};
  Worker worker_{network_, 0, 1, outside_};
};

TEST_F(WorkerTest, ADoorThatClosesAdmitsAllWhoWaitThere) {
  open(core::Protocol::tcp, 200);
  begin();
  worker_.drain([] {});
  EXPECT_EQ(opened(0), 200u);
}

TEST_F(WorkerTest, ADrainIsOverWhenTheLastDoorsConnectionsAre) {
  open(core::Protocol::tcp, 1);
  open(core::Protocol::http, 1);
  begin();
  int done = 0;
  worker_.drain([&] { ++done; });
  EXPECT_EQ(opened(0) + opened(1), 2u);
  EXPECT_EQ(worker_.connections(), 1u);
  EXPECT_EQ(done, 0) << "a connection is still there";
  world_.run_until([&] { return done > 0; }, world_.now() + 5s);
  EXPECT_EQ(done, 1);
  EXPECT_EQ(worker_.connections(), 0u);
}

TEST_F(WorkerTest, WhatMattersLeastIsRefusedWhenTheLoopLags) {
  open(core::Protocol::tcp, 5);
  listeners_.back().routes[0].priority = core::Priority::low;
  open(core::Protocol::tcp, 5);
  shed_ = 100ms;
  network_.take_long(150ms);
  begin();
  worker_.drain([] {});
  EXPECT_EQ(refused(0), 5u);
  EXPECT_EQ(refused(1), 0u);
}

TEST_F(WorkerTest, ADrainWithoutWorkIsOverAtOnce) {
  open(core::Protocol::tcp, 3);
  begin();
  int done = 0;
  worker_.drain([&] { ++done; });
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace fairlead::proxy
