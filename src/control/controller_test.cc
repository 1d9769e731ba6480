#include "control/controller.h"

#include <gtest/gtest.h>

#include <numeric>
#include <optional>

#include "control/test_config.h"
#include "control/test_log.h"
#include "http/test_server.h"
#include "net/sim_network.h"

namespace fairlead::control {
namespace {

const Ip kHere = Ip::v4({10, 0, 0, 1});
const Ip kThere = Ip::v4({10, 0, 0, 2});
const Address kOne(kThere, 9001);
const Address kTwo(kThere, 9002);
constexpr const char* kOk = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
constexpr const char* kWrong = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";

class Controlling : public testing::Test {
 protected:
  void serve(std::optional<http::TestServer>& server, const Address& address) {
    server.emplace(there_, address, kOk);
  }
  core::State state(const Address& address, const std::string& pool = "api") {
    const auto& snapshot = *controller_.snapshot();
    for (const core::Member& member : snapshot.pools[*core::find_pool(snapshot, pool)]->members) {
      if (member.backend->address() == address) return member.state;
    }
    ADD_FAILURE() << "no such backend";
    return core::State::disabled;
  }
  uint32_t id(const Address& address) {
    for (const auto& [id, entry] : controller_.health().entries()) {
      if (entry.backend->address() == address) return id;
    }
    return 0;
  }
  void fail_connect(uint32_t backend, Code code, Instant began) {
    const auto outcome = core::Outcome::failure(Error{code, Side::upstream, Again::yes, {}});
    controller_.hear({.backend = backend, .outcome = outcome, .in_row = false, .began = began});
  }
  uint64_t checks(const Address& address) {
    const HealthEntry* entry = controller_.health().find(id(address));
    return entry ? std::accumulate(entry->checks.begin(), entry->checks.end(), uint64_t{0}) : 0;
  }

  net::SimWorld world_{7};
  net::SimNetwork here_{world_, kHere};
  net::SimNetwork there_{world_, kThere};
  std::optional<http::TestServer> one_;
  std::optional<http::TestServer> two_;
  TestLog lines_;
  std::vector<std::shared_ptr<const core::Snapshot>> published_;
  Controller controller_{
      {.network = here_,
       .log = lines_.log,
       .workers = 1,
       .seed = 1,
       .publish = [this](auto snapshot) { published_.push_back(std::move(snapshot)); }}};
};

TEST_F(Controlling, PublishesAtOnceAndKnowsEveryBackendAfterTheFirstProbes) {
  serve(one_, kOne);
  controller_.start(test_config({test_pool("api", {kOne, kTwo})}));
  ASSERT_EQ(published_.size(), 1u);
  EXPECT_EQ(published_[0]->generation, 1u);
  EXPECT_EQ(state(kOne), core::State::checking);
  EXPECT_FALSE(controller_.first_round_done());
  world_.run_for(500ms);
  EXPECT_TRUE(controller_.first_round_done());
  EXPECT_EQ(state(kOne), core::State::healthy);
  EXPECT_EQ(state(kTwo), core::State::unhealthy);
  EXPECT_EQ(lines_.count("pool `api`: 10.0.0.2:9001 checking -> healthy: first probe passed"), 1u);
  EXPECT_EQ(lines_.count("pool `api`: 10.0.0.2:9002 checking -> unhealthy: first probe failed: "
                         "connection refused"),
            1u);
}

TEST_F(Controlling, WithoutBackendsTheFirstRoundIsDoneAtOnce) {
  controller_.start(test_config({}));
  EXPECT_TRUE(controller_.first_round_done());
}

TEST_F(Controlling, ASilentBackendIsUnhealthyAfterItsTimeout) {
  world_.set_plan(kThere, {.silence = 1});
  auto pool = test_pool("api", {kOne});
  pool.health.timeout = 2s;
  controller_.start(test_config({pool}));
  world_.run_for(1900ms);
  EXPECT_EQ(state(kOne), core::State::checking);
  world_.run_for(200ms);
  EXPECT_EQ(state(kOne), core::State::unhealthy);
  EXPECT_EQ(lines_.count("first probe failed: connect timed out after 2.0 s"), 1u);
}

TEST_F(Controlling, AnHttpProbeWantsAnExpectedStatus) {
  serve(one_, kOne);
  auto pool = test_pool("api", {kOne}, core::ProbeConfig::Kind::http);
  pool.health.path = "/up";
  controller_.start(test_config({pool}));
  world_.run_for(500ms);
  EXPECT_EQ(state(kOne), core::State::healthy);
  EXPECT_TRUE(one_->last_request().starts_with("GET /up HTTP/1.1\r\n"));
  one_->set_response(kWrong);
  world_.run_for(60s);
  EXPECT_EQ(state(kOne), core::State::unhealthy);
  EXPECT_EQ(
      lines_.count("healthy -> unhealthy: 3 of 3 probes failed: status 500, expected 200-399"), 1u);
  EXPECT_EQ(lines_.count("pool `api`: no usable backend of 1: requests are answered with 503"), 1u);
  one_->set_response(kOk);
  world_.run_for(60s);
  EXPECT_EQ(state(kOne), core::State::healthy);
}

TEST_F(Controlling, ARefusedConnectTakesABackendOutAtOnceAndProbesBringItBack) {
  serve(one_, kOne);
  controller_.start(test_config({test_pool("api", {kOne})}));
  world_.run_for(1s);
  fail_connect(id(kOne), Code::refused, here_.now());
  world_.run_for(1ms);
  EXPECT_EQ(state(kOne), core::State::unhealthy);
  world_.run_for(5s);
  EXPECT_EQ(state(kOne), core::State::healthy);
}

TEST_F(Controlling, WithoutProbesAFailedConnectIsForgivenAfterAWhile) {
  controller_.start(test_config({test_pool("api", {kOne}, core::ProbeConfig::Kind::off)}));
  EXPECT_TRUE(controller_.first_round_done());
  EXPECT_EQ(state(kOne), core::State::healthy);
  fail_connect(id(kOne), Code::refused, here_.now());
  world_.run_for(1s);
  EXPECT_EQ(state(kOne), core::State::unhealthy);
  world_.run_for(core::Health::kPenalty);
  EXPECT_EQ(state(kOne), core::State::healthy);
  EXPECT_EQ(checks(kOne), 0u);
}

TEST_F(Controlling, AConnectThatFailsAllTheTimeDoesNotPutOffProbes) {
  serve(one_, kOne);
  controller_.start(test_config({test_pool("api", {kOne})}));
  world_.run_for(1s);
  const uint64_t before = checks(kOne);
  for (int i = 0; i < 300; ++i) {
    fail_connect(id(kOne), Code::unreachable, Instant());  // old news, each time
    world_.run_for(100ms);
  }
  EXPECT_GE(checks(kOne), before + 2);
}

TEST_F(Controlling, AReloadKeepsTheHealthAndProbesOfWhatDidNotChange) {
  serve(one_, kOne);
  serve(two_, kTwo);
  controller_.start(test_config({test_pool("api", {kOne})}));
  world_.run_for(1s);
  const uint32_t before = id(kOne);
  controller_.apply(test_config({test_pool("api", {kOne, kTwo})}));
  EXPECT_EQ(controller_.generation(), 2u);
  EXPECT_EQ(published_.back()->generation, 2u);
  EXPECT_EQ(state(kOne), core::State::healthy);
  EXPECT_EQ(state(kTwo), core::State::checking);
  EXPECT_TRUE(controller_.first_round_done());
  world_.run_for(1s);
  EXPECT_EQ(id(kOne), before);
  EXPECT_EQ(checks(kOne), 1u);
  EXPECT_EQ(state(kTwo), core::State::healthy);
}

TEST_F(Controlling, AReloadWithOtherProbesBeginsThemAnew) {
  serve(one_, kOne);
  controller_.start(test_config({test_pool("api", {kOne})}));
  world_.run_for(1s);
  controller_.apply(test_config({test_pool("api", {kOne}, core::ProbeConfig::Kind::http)}));
  EXPECT_EQ(state(kOne), core::State::healthy);
  world_.run_for(1s);
  EXPECT_TRUE(one_->last_request().starts_with("GET / HTTP/1.1\r\n"));
}

TEST_F(Controlling, ARemovedBackendIsProbedNoMore) {
  serve(one_, kOne);
  serve(two_, kTwo);
  controller_.start(test_config({test_pool("api", {kOne, kTwo})}));
  world_.run_for(1s);
  const uint32_t gone = id(kTwo);
  const size_t connections = two_->connections();
  controller_.apply(test_config({test_pool("api", {kOne})}));
  world_.run_for(60s);
  EXPECT_EQ(two_->connections(), connections);
  EXPECT_EQ(controller_.health().find(gone), nullptr);
  fail_connect(gone, Code::refused, here_.now());
  EXPECT_EQ(published_.back()->pools[0]->members.size(), 1u);
}

TEST_F(Controlling, AReloadInTheMiddleOfAProbeCancelsIt) {
  world_.set_plan(kThere, {.silence = 1});
  controller_.start(test_config({test_pool("api", {kOne})}));
  world_.run_for(1s);
  controller_.apply(test_config({}));
  world_.run_for(60s);
  EXPECT_EQ(lines_.count("unhealthy"), 0u);
}

TEST_F(Controlling, NoDescriptorOfOursIsNoFaultOfTheBackend) {
  serve(one_, kOne);
  controller_.start(test_config({test_pool("api", {kOne})}));
  world_.run_for(1s);
  world_.set_plan(kThere, {.exhausted = 1});
  world_.run_for(120s);
  EXPECT_EQ(state(kOne), core::State::healthy);
}

TEST_F(Controlling, AThousandBackendsAreProbedWithinSecondsThoughManyAreSilent) {
  core::PoolConfig pool = test_pool("api", {});
  pool.health.timeout = 1s;
  for (uint16_t i = 0; i < 1000; ++i) pool.backends.push_back({Address(kThere, 10000 + i), 1, {}});
  world_.set_plan(kThere, {.silence = 1});
  controller_.start(test_config({pool}));
  world_.run_for(5s);
  EXPECT_TRUE(controller_.first_round_done());
}

}  // namespace
}  // namespace fairlead::control
