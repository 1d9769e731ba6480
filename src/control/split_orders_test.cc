#include "control/split_orders.h"

#include <gtest/gtest.h>

#include "control/controller.h"
#include "control/test_config.h"
#include "control/test_log.h"
#include "net/sim_network.h"

namespace fairlead::control {
namespace {

const Address kOne(Ip::v4({10, 0, 0, 2}), 9001);

// A listener `web` with a route `shop` that splits between `a` and `b`.
std::shared_ptr<const core::Config> split_config(uint32_t a, uint32_t b) {
  auto config = std::make_shared<core::Config>();
  for (const char* name : {"a", "b"})
    config->pools.push_back(test_pool(name, {kOne}, core::ProbeConfig::Kind::off));
  core::ListenerConfig listener;
  listener.name = "web";
  core::RouteConfig route;
  route.name = "shop";
  route.action = core::ToSplit{{{"a", a}, {"b", b}}};
  listener.routes.push_back(std::move(route));
  config->listeners.push_back(std::move(listener));
  return config;
}

class Splitting : public testing::Test {
 protected:
  std::string weights() { return weights_text(*controller_.snapshot()->splits[0]); }

  net::SimWorld world_{7};
  net::SimNetwork here_{world_, Ip::v4({10, 0, 0, 1})};
  TestLog lines_;
  std::vector<std::shared_ptr<const core::Snapshot>> published_;
  Controller controller_{
      {.network = here_,
       .log = lines_.log,
       .workers = 1,
       .seed = 1,
       .publish = [this](auto snapshot) { published_.push_back(std::move(snapshot)); }}};
};

TEST_F(Splitting, AnOrderActsAtOnce) {
  controller_.start(split_config(90, 10));
  controller_.order_split(0, {{80, 20}});
  ASSERT_EQ(published_.size(), 2u);
  EXPECT_EQ(weights(), "a=80 b=20");
  EXPECT_EQ(published_[1]->version, published_[0]->version + 1);
  EXPECT_EQ(published_[1]->generation, published_[0]->generation);
  EXPECT_EQ(published_[1]->listeners, published_[0]->listeners) << "the rest is shared";
  EXPECT_EQ(lines_.count("route `shop`: split a=90 b=10 -> a=80 b=20: by order; the file says "
                         "a=90 b=10"),
            1u);
}

TEST_F(Splitting, TheSameOrderTwiceIsOne) {
  controller_.start(split_config(90, 10));
  controller_.order_split(0, {{80, 20}});
  controller_.order_split(0, {{80, 20}});
  EXPECT_EQ(published_.size(), 2u);
}

TEST_F(Splitting, AnOrderOutlivesAReloadThatSaysWhatTheFileSaidBefore) {
  controller_.start(split_config(90, 10));
  controller_.order_split(0, {{80, 20}});
  controller_.apply(split_config(90, 10));
  EXPECT_EQ(weights(), "a=80 b=20");
  EXPECT_TRUE(controller_.snapshot()->splits[0]->is_ordered());
}

TEST_F(Splitting, AReloadWithOtherWeightsIsTheNewerWord) {
  controller_.start(split_config(90, 10));
  controller_.order_split(0, {{80, 20}});
  controller_.apply(split_config(70, 30));
  EXPECT_EQ(weights(), "a=70 b=30");
  EXPECT_EQ(lines_.count("route `shop`: split a=80 b=20 -> a=70 b=30: the file says others than "
                         "when the order was given"),
            1u);
  controller_.apply(split_config(90, 10));
  EXPECT_EQ(weights(), "a=90 b=10") << "what was forgotten does not come back";
}

TEST_F(Splitting, TheFilesWeightsAreNoOrder) {
  controller_.start(split_config(90, 10));
  controller_.order_split(0, {{80, 20}});
  controller_.order_split(0, std::nullopt);
  EXPECT_EQ(weights(), "a=90 b=10");
  EXPECT_FALSE(controller_.snapshot()->splits[0]->is_ordered());
  controller_.apply(split_config(50, 50));
  EXPECT_EQ(weights(), "a=50 b=50");
}

TEST_F(Splitting, AnOrderForARouteThatIsGoneIsForgotten) {
  controller_.start(split_config(90, 10));
  controller_.order_split(0, {{80, 20}});
  controller_.apply(test_config({test_pool("a", {kOne}, core::ProbeConfig::Kind::off)}));
  controller_.apply(split_config(90, 10));
  EXPECT_EQ(weights(), "a=90 b=10");
}

TEST_F(Splitting, WhatWaitedToBePublishedIsPublishedWithIt) {
  controller_.start(split_config(90, 10));
  const uint32_t backend = controller_.snapshot()->pools[1]->members[0].backend->id();
  controller_.order(backend, core::Order::drain);
  controller_.order_split(0, {{80, 20}});
  EXPECT_EQ(controller_.snapshot()->pools[1]->members[0].state, core::State::draining);
  EXPECT_EQ(weights(), "a=80 b=20");
}

}  // namespace
}  // namespace fairlead::control
