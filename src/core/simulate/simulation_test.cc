// Simulations against what queueing theory says of them, and against themselves.
#include "core/simulate/simulation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/balance/balancer.h"
#include "core/test_snapshot.h"

namespace fairlead::core {
namespace {

Scenario scenario_of(const std::vector<uint32_t>& weights, std::string algorithm = "round_robin") {
  Scenario scenario;
  scenario.pool = test_pool_config("app", weights, std::move(algorithm));
  scenario.requests = 200'000;
  return scenario;
}

double mean_ms(const Stretch& stretch) { return to_seconds(stretch.latency.mean()) * 1000; }
double p99_ms(const Stretch& stretch) {
  return to_seconds(stretch.latency.percentile(0.99)) * 1000;
}

// Within so many percent.
void expect_near(double found, double wanted, double percent) {
  EXPECT_NEAR(found, wanted, wanted * percent / 100);
}

TEST(Simulation, OneServerWithRandomTimesWaitsAsMM1) {
  Scenario scenario = scenario_of({1});
  scenario.concurrency = 1;
  scenario.load = 0.5;
  const Stretch stretch = simulate(scenario).stretches.front();
  expect_near(mean_ms(stretch), 20 / (1 - 0.5), 3);
  expect_near(p99_ms(stretch), 40 * std::log(100), 5);
  expect_near(utilisation_of(stretch.backends[0], stretch), 0.5, 2);
}

TEST(Simulation, ConstantTimesHalveTheWaitAsMD1) {
  Scenario scenario = scenario_of({1});
  scenario.concurrency = 1;
  scenario.load = 0.5;
  scenario.service.kind = ServiceTime::Kind::constant;
  expect_near(mean_ms(simulate(scenario).stretches.front()), 30, 3);
}

TEST(Simulation, FourServersWaitAsErlangC) {
  Scenario scenario = scenario_of({1});
  scenario.concurrency = 4;
  scenario.load = 0.8;
  // C(4, 3.2) = 0.5964; W = C / (4 mu - lambda) + 1 / mu.
  expect_near(mean_ms(simulate(scenario).stretches.front()), 20 + 0.5964 * 20 / 0.8, 4);
}

TEST(Simulation, LittlesLawHolds) {
  const Stretch stretch = simulate(scenario_of({1, 1, 1}, "random")).stretches.front();
  double inside = 0;
  for (const SimulatedBackend& backend : stretch.backends)
    inside += mean_queue_of(backend, stretch) + utilisation_of(backend, stretch) * backend.servers;
  const double rate = static_cast<double>(stretch.requests) / to_seconds(stretch.length);
  expect_near(inside, rate * to_seconds(stretch.latency.mean()), 1);
}

TEST(Simulation, WeightsAreSharesAndCapacity) {
  const Scenario scenario = scenario_of({5, 3, 2});
  const Stretch stretch = simulate(scenario).stretches.front();
  for (const SimulatedBackend& backend : stretch.backends) {
    const double share = static_cast<double>(backend.load.requests) / 200'000;
    EXPECT_NEAR(share, backend.weight / 10.0, 0.001);
    expect_near(utilisation_of(backend, stretch), 0.6, 5);
  }
  expect_near(imbalance_of(stretch), 1, 1);
}

TEST(Simulation, LookingAtLoadsKeepsASlowBackendFromSpoilingTheRest) {
  Scenario scenario = scenario_of({1, 1, 1});
  scenario.upsets = {{Upset::Kind::slow, test_address(9002), 10}};
  scenario.load = 0.5;
  const auto all = simulate_each(scenario, {"round_robin", "least_connections", "power_of_two"});
  const auto p90_after = [&](size_t i) {
    return to_seconds(all[i].stretches[1].latency.percentile(0.9));
  };
  EXPECT_GT(p90_after(0), 20 * p90_after(1)) << "a third of all requests wait in its line";
  EXPECT_GT(p90_after(0), 20 * p90_after(2));
  EXPECT_LT(p99_ms(all[0].stretches[0]), 200) << "before, all is well";
}

TEST(Simulation, ADeathIsNoticedByNobodyWhereOthersAreLeft) {
  Scenario scenario = scenario_of({1, 1, 1});
  scenario.upsets = {{Upset::Kind::kill, test_address(9001), 1}};
  for (const std::string_view name : balancer_names()) {
    scenario.pool.balance = balance_with(scenario, std::string(name));
    const Simulated simulated = simulate(scenario);
    ASSERT_EQ(simulated.stretches.size(), 2U);
    EXPECT_EQ(simulated.stretches[1].failed, 0U) << name;
    EXPECT_EQ(simulated.stretches[1].backends[0].load.requests, 0U) << name;
    EXPECT_EQ(simulated.stretches[0].requests + simulated.stretches[1].requests, 200'000U);
  }
}

TEST(Simulation, TheDeathOfTheOnlyBackendFailsAllThatFollows) {
  Scenario scenario = scenario_of({1});
  scenario.upsets = {{Upset::Kind::kill, test_address(9001), 1}};
  const auto stretches = simulate(scenario).stretches;
  EXPECT_EQ(stretches[0].failed, 0U);
  EXPECT_EQ(stretches[1].failed, stretches[1].requests);
}

TEST(Simulation, WhoIsRemovedIsNotMissedInTheBalance) {
  Scenario scenario = scenario_of({1, 1, 1});
  scenario.pool.balance.algorithm = "round_robin";
  scenario.upsets = {{Upset::Kind::remove, test_address(9001), 1}};
  for (const Stretch& stretch : simulate(scenario).stretches)
    EXPECT_NEAR(imbalance_of(stretch), 1, 0.01);
}

TEST(Simulation, WhoIsRemovedFinishesAndWhoIsAddedGetsItsShare) {
  Scenario scenario = scenario_of({1, 1});
  scenario.upsets = {{Upset::Kind::remove, test_address(9001), 1},
                     {Upset::Kind::add, test_address(9009), 1}};
  const auto stretches = simulate(scenario).stretches;
  const auto& after = stretches[1].backends;
  ASSERT_EQ(after.size(), 3U);
  EXPECT_EQ(after[0].load.requests, 0U);
  EXPECT_EQ(after[2].address, "127.0.0.1:9009");
  EXPECT_NEAR(static_cast<double>(after[2].load.requests), 50'000, 10);
  EXPECT_EQ(stretches[0].failed + stretches[1].failed, 0U);
}

TEST(Simulation, ClosedClientsHaveOneRequestEach) {
  Scenario scenario = scenario_of({1, 1}, "least_connections");
  scenario.closed = true;
  scenario.clients = 20;
  const Stretch stretch = simulate(scenario).stretches.front();
  EXPECT_EQ(stretch.requests, 200'000U);
  EXPECT_LE(stretch.backends[0].load.max_active + stretch.backends[1].load.max_active, 20U);
  // Little: 20 clients, 8 servers at work all the time: 400 a second.
  expect_near(static_cast<double>(stretch.requests) / to_seconds(stretch.length), 400, 2);
}

TEST(Simulation, RecordedArrivalsComeWhenTheyCame) {
  Scenario scenario = scenario_of({1});
  scenario.service = {ServiceTime::Kind::constant, 10ms, 1};
  for (int i = 0; i < 100; ++i) scenario.recorded.push_back({i * 1s, {}});
  scenario.requests = 100;
  const Stretch stretch = simulate(scenario).stretches.front();
  EXPECT_EQ(stretch.requests, 100U);
  EXPECT_EQ(stretch.length, 99s + 10ms);
  expect_near(mean_ms(stretch), 10, 1);
}

TEST(Simulation, TheSameSeedGivesTheSameNumbers) {
  for (const std::string_view name : balancer_names()) {
    Scenario scenario = scenario_of({3, 2, 1}, std::string(name));
    scenario.pool.balance = balance_with(scenario_of({1}), std::string(name));
    scenario.requests = 20'000;
    const auto numbers = [&] {
      const Stretch stretch = simulate(scenario).stretches.front();
      return std::tuple(stretch.latency.mean(), stretch.length, stretch.backends[0].load.requests);
    };
    const auto first = numbers();
    EXPECT_EQ(first, numbers()) << name;
    scenario.seed = 2;
    EXPECT_NE(first, numbers()) << name;
  }
}

TEST(Simulation, EveryAlgorithmMeetsTheSameArrivals) {
  Scenario scenario = scenario_of({1, 1});
  scenario.load = 0.1;  // nobody waits, so the run's end depends on arrivals and durations alone
  const auto all = simulate_each(scenario, {"round_robin", "random"});
  EXPECT_NEAR(to_seconds(all[0].stretches[0].length), to_seconds(all[1].stretches[0].length), 0.1);
}

TEST(Simulation, WhatTakesTurnsKeepsNoKeys) {
  Scenario scenario = scenario_of({1, 1, 1});
  scenario.upsets = {{Upset::Kind::remove, test_address(9001), 1}};
  for (const char* name :
       {"round_robin", "random", "least_connections", "power_of_two", "least_time", "peak_ewma"}) {
    scenario.pool.balance.algorithm = name;
    EXPECT_FALSE(simulate(scenario).movement) << name;
  }
}

// ---- the figures of the literature ------------------------------------------------------

double moved(const std::string& algorithm, size_t backends) {
  Scenario scenario = scenario_of(std::vector<uint32_t>(backends, 1));
  scenario.requests = 1;
  scenario.upsets = {{Upset::Kind::remove, test_address(9001), 1}};
  scenario.pool.balance = balance_with(scenario, algorithm);
  const auto movement = simulate(scenario).movement;
  EXPECT_GE(movement->moved, movement->minimum);
  expect_near(movement->minimum, 1.0 / static_cast<double>(backends), 25);
  return movement->moved * 100;
}

TEST(KeysThatMove, HashModNMovesNearlyAll) {
  expect_near(moved("ip_hash", 4), 75, 3);
  expect_near(moved("ip_hash", 10), 90, 3);
}

TEST(KeysThatMove, MaglevMovesLittleMoreThanItMust) {
  expect_near(moved("maglev", 4), 25.1, 10);
  expect_near(moved("maglev", 10), 10.5, 10);
  expect_near(moved("maglev", 100), 1.55, 10);
}

TEST(KeysThatMove, ARingAndRendezvousMoveTheKeysOfTheOneThatLeft) {
  for (const size_t backends : {4, 10}) {
    expect_near(moved("ring_hash", backends), 100.0 / static_cast<double>(backends), 25);
    expect_near(moved("rendezvous", backends), 100.0 / static_cast<double>(backends), 10);
  }
}

TEST(OneAddress, IsOneBackendUnlessAnotherKeyTellsClientsApart) {
  Scenario scenario = scenario_of(std::vector<uint32_t>(10, 1));
  scenario.clients = 2000;
  scenario.addresses = 1;
  const auto by_address = simulate_each(scenario, {"ip_hash", "maglev"});
  for (const Simulated& each : by_address)
    EXPECT_NEAR(imbalance_of(each.stretches[0]), 10, 1e-9) << each.algorithm;
  scenario.key = *parse_key_source("cookie:session");
  const auto by_cookie = simulate_each(scenario, {"ip_hash", "maglev", "rendezvous"});
  EXPECT_NEAR(imbalance_of(by_cookie[0].stretches[0]), 10, 1e-9) << "it has no other key";
  EXPECT_LT(imbalance_of(by_cookie[1].stretches[0]), 1.15);
  EXPECT_LT(imbalance_of(by_cookie[2].stretches[0]), 1.15);
}

TEST(Speeds, AreFoundOutByWhoeverMeasures) {
  Scenario scenario = scenario_of({1, 1, 1});
  scenario.service = {ServiceTime::Kind::constant, 30ms, 1};
  scenario.load = 0.2;
  scenario.upset_at = 0;
  scenario.upsets = {{Upset::Kind::slow, test_address(9001), 50.0 / 30},
                     {Upset::Kind::slow, test_address(9003), 100.0 / 30}};
  for (const char* name : {"least_time", "peak_ewma"}) {
    const auto stretches = simulate_each(scenario, {name})[0].stretches;
    ASSERT_EQ(stretches.size(), 1U) << "what happens first has no before";
    const auto& backends = stretches[0].backends;
    EXPECT_GT(backends[1].load.requests, backends[0].load.requests) << name;
    EXPECT_GT(backends[0].load.requests, backends[2].load.requests) << name;
    EXPECT_GT(backends[2].load.requests, 0U) << name << ": nobody starves on an old measurement";
  }
}

TEST(Bound, ABusyKeySpillsOver) {
  Scenario scenario = scenario_of({1, 1, 1}, "maglev");
  scenario.pool.balance.key = KeySource{};
  scenario.addresses = 1;
  scenario.requests = 20'000;
  EXPECT_NEAR(imbalance_of(simulate(scenario).stretches[0]), 3, 1e-9);
  scenario.pool.balance.bounded_load = 125;
  EXPECT_LT(imbalance_of(simulate(scenario).stretches[0]), 2);
}

TEST(Capacity, IsThatOfTheBackendsThatGetWork) {
  Scenario scenario = scenario_of({1, 1, 1});
  scenario.pool.backends[2].backup = true;
  EXPECT_DOUBLE_EQ(capacity_of(scenario), 2 * 4 / 0.02);
}

TEST(Simulation, WhatCannotBeSimulatedIsSaid) {
  Scenario scenario = scenario_of({0});
  EXPECT_EQ(fault_of(scenario), "pool app has no backend with weight");
  scenario = scenario_of({1});
  scenario.upsets = {{Upset::Kind::slow, test_address(1), 10}};
  EXPECT_EQ(fault_of(scenario), "there is no 127.0.0.1:1 in pool app");
  scenario.upsets = {{Upset::Kind::add, test_address(9001), 1}};
  EXPECT_EQ(fault_of(scenario), "127.0.0.1:9001 is in pool app already");
}

}  // namespace
}  // namespace fairlead::core
