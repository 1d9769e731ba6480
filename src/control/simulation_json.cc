// The JSON of `fairlead simulate`.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "control/simulation_report.h"

namespace fairlead::control {
namespace {

using core::Scenario;
using core::Simulated;
using core::SimulatedBackend;
using core::Stretch;
using core::Upset;
using Json = nlohmann::ordered_json;

double rounded(double value) { return std::round(value * 1e6) / 1e6; }
double seconds_of(Duration span) { return rounded(to_seconds(span)); }

std::string_view name_of(Upset::Kind kind) {
  switch (kind) {
    case Upset::Kind::slow: return "slow";
    case Upset::Kind::kill: return "kill";
    case Upset::Kind::remove: return "remove";
    case Upset::Kind::add: return "add";
  }
  return "";
}

Json json_of(const Scenario& scenario) {
  Json json = {{"pool", scenario.pool.name},
               {"requests", scenario.requests},
               {"clients", scenario.clients},
               {"closed", scenario.closed},
               {"service_time", scenario.service.text()},
               {"concurrency", scenario.concurrency},
               {"seed", scenario.seed}};
  if (!scenario.recorded.empty())
    json["recorded"] = scenario.recorded.size();
  else if (!scenario.closed)
    json["rate"] = rounded(core::rate_of(scenario));
  Json upsets = Json::array();
  for (const Upset& upset : scenario.upsets) {
    upsets.push_back({{"kind", name_of(upset.kind)},
                      {"backend", upset.backend.text()},
                      {"factor", upset.factor}});
  }
  json["upsets"] = std::move(upsets);
  if (!scenario.upsets.empty()) json["upset_at"] = scenario.upset_at;
  return json;
}

Json json_of(const SimulatedBackend& backend, const Stretch& stretch, double all) {
  const double share = all > 0 ? static_cast<double>(backend.load.requests) / all : 0;
  return {{"address", backend.address},
          {"weight", backend.weight},
          {"servers", backend.servers},
          {"requests", backend.load.requests},
          {"share", rounded(share)},
          {"utilisation", rounded(core::utilisation_of(backend, stretch))},
          {"max_active", backend.load.max_active},
          {"mean_queue", rounded(core::mean_queue_of(backend, stretch))},
          {"longest_queue", backend.load.longest_queue}};
}

Json json_of(const Stretch& stretch) {
  double all = 0;
  for (const SimulatedBackend& backend : stretch.backends)
    all += static_cast<double>(backend.load.requests);
  Json backends = Json::array();
  for (const SimulatedBackend& backend : stretch.backends)
    backends.push_back(json_of(backend, stretch, all));
  const auto at = [&](double p) { return seconds_of(stretch.latency.percentile(p)); };
  return {{"requests", stretch.requests},
          {"failed", stretch.failed},
          {"retries", stretch.retries},
          {"seconds", seconds_of(stretch.length)},
          {"latency",
           {{"mean_seconds", seconds_of(stretch.latency.mean())},
            {"p50_seconds", at(0.5)},
            {"p90_seconds", at(0.9)},
            {"p99_seconds", at(0.99)},
            {"p999_seconds", at(0.999)}}},
          {"imbalance", rounded(core::imbalance_of(stretch))},
          {"backends", std::move(backends)}};
}

Json json_of(const Simulated& simulated) {
  Json json = {{"name", simulated.algorithm}};
  Json stretches = Json::array();
  for (const Stretch& stretch : simulated.stretches) stretches.push_back(json_of(stretch));
  json["stretches"] = std::move(stretches);
  if (simulated.movement) {
    json["keys"] = {{"moved", rounded(simulated.movement->moved)},
                    {"least_possible", rounded(simulated.movement->minimum)}};
  }
  return json;
}

}  // namespace

std::string simulation_json(const Scenario& scenario, const std::vector<Simulated>& simulated) {
  Json algorithms = Json::array();
  for (const Simulated& each : simulated) algorithms.push_back(json_of(each));
  const Json json = {{"scenario", json_of(scenario)}, {"algorithms", std::move(algorithms)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace fairlead::control
