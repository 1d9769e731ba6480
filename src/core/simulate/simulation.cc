#include "core/simulate/simulation.h"

#include <algorithm>

#include "core/simulate/run.h"

namespace fairlead::core {

Simulated simulate(const Scenario& scenario) {
  Simulated simulated;
  simulated.algorithm = scenario.pool.balance.algorithm;
  simulated.stretches = Run(scenario).run();
  const bool changes = std::ranges::any_of(scenario.upsets, [](const Upset& upset) {
    return upset.kind == Upset::Kind::remove || upset.kind == Upset::Kind::add;
  });
  if (changes)
    simulated.movement = key_movement(scenario.pool, pool_after(scenario), scenario.seed);
  return simulated;
}

BalanceConfig balance_with(const Scenario& scenario, const std::string& algorithm) {
  BalanceConfig balance = scenario.pool.balance;
  if (balance.algorithm != algorithm) {
    balance = {.algorithm = algorithm};
    if (keeps_keys(algorithm)) balance.key = KeySource{};
  }
  const bool has_choice = keeps_keys(algorithm) && algorithm != "ip_hash";
  if (has_choice && scenario.key) balance.key = scenario.key;
  return balance;
}

std::vector<Simulated> simulate_each(const Scenario& scenario,
                                     const std::vector<std::string>& algorithms) {
  std::vector<Simulated> all;
  for (const std::string& algorithm : algorithms) {
    Scenario one = scenario;
    one.pool.balance = balance_with(scenario, algorithm);
    all.push_back(simulate(one));
  }
  return all;
}

double utilisation_of(const SimulatedBackend& backend, const Stretch& stretch) {
  const double could = to_seconds(stretch.length) * backend.servers;
  return could > 0 ? backend.load.busy_seconds / could : 0;
}

double mean_queue_of(const SimulatedBackend& backend, const Stretch& stretch) {
  const double seconds = to_seconds(stretch.length);
  return seconds > 0 ? backend.load.queue_seconds / seconds : 0;
}

double imbalance_of(const Stretch& stretch) {
  double requests = 0;
  double weight = 0;
  double most = 0;
  for (const SimulatedBackend& backend : stretch.backends) {
    if (backend.weight == 0) continue;
    const auto sent = static_cast<double>(backend.load.requests);
    requests += sent;
    weight += backend.weight;
    most = std::max(most, sent / backend.weight);
  }
  return requests > 0 ? most / (requests / weight) : 1;
}

}  // namespace fairlead::core
