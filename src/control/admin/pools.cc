// GET /api/v1/pools and /api/v1/pools/{pool}: every backend with state, since when and why, weight,
// active, totals, latency percentiles, last check.
#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "control/admin/call.h"
#include "control/admin/json.h"
#include "core/totals.h"

namespace fairlead::control {
namespace {

Json last_check_of(const HealthEntry& entry) {
  if (!entry.last_check) return nullptr;
  const Check& check = *entry.last_check;
  const char* passed = check.degraded ? "degraded" : "passed";
  return {{"result", check.passed ? passed : "failed"},
          {"detail", check.words},
          {"time", rfc3339(check.time)},
          {"duration_seconds", seconds_of(check.duration)}};
}

Json latency_of(const core::Distribution& latency) {
  return {{"count", latency.count()},
          {"p50_seconds", seconds_of(latency.percentile(0.5))},
          {"p90_seconds", seconds_of(latency.percentile(0.9))},
          {"p99_seconds", seconds_of(latency.percentile(0.99))}};
}

Json errors_of(const core::BackendTotals& totals) {
  Json errors = Json::object();
  for (size_t i = 0; i < core::kCodes; ++i) {
    if (totals.errors[i] > 0) errors[std::string(name_of(Code(i)))] = totals.errors[i];
  }
  return errors;
}

template <typename Counts>
uint64_t sum_of(const Counts& counts) {
  uint64_t sum = 0;
  for (const auto& [label, count] : counts) sum += count;
  return sum;
}

// State, since when and why: of the book, which is never older than the snapshot.
void add_health(const AdminParts& parts, const HealthEntry& entry, Json& json) {
  const Duration age = parts.network.now() - entry.health.since();
  json["state"] = core::name_of(entry.health.state());
  json["since"] = rfc3339(parts.network.wall_now() - age);
  json["since_seconds"] = seconds_of(age);
  json["reason"] = entry.health.reason();
}

Json json_of(const AdminParts& parts, const core::Member& member) {
  const core::Backend& backend = *member.backend;
  const core::BackendTotals totals = core::totals_of(backend.tally());
  const HealthEntry* entry = parts.controller.health().find(backend.id());
  Json json = {{"address", backend.text()}};
  if (entry) add_health(parts, *entry, json);
  json["eligible"] = member.eligible;
  json["weight"] = member.weight;
  json["active"] = backend.active();
  json["requests_total"] = sum_of(totals.requests);
  json["requests"] = totals.requests;
  json["errors"] = errors_of(totals);
  json["retries_total"] = totals.retries;
  json["latency"] = latency_of(totals.latency);
  if (entry) {
    json["checks"] = {{"passed", entry->checks_passed},
                      {"degraded", entry->checks_degraded},
                      {"failed", entry->checks_failed}};
    json["last_check"] = last_check_of(*entry);
  }
  return json;
}

Json json_of(const AdminParts& parts, const core::PoolSnapshot& pool) {
  const core::PoolTotals totals = core::totals_of(pool.series->tally);
  Json backends = Json::array();
  for (const core::Member& member : pool.members) backends.push_back(json_of(parts, member));
  return {{"name", pool.config->name},          {"balance", pool.config->balance.algorithm},
          {"basis", core::name_of(pool.basis)}, {"retries_total", totals.retries},
          {"rejected_total", totals.rejected},  {"backends", std::move(backends)}};
}

http::Answer answer_all(const AdminParts& parts, const AdminRequest&) {
  Json pools = Json::array();
  if (const auto& snapshot = parts.controller.snapshot()) {
    for (const auto& pool : snapshot->pools) pools.push_back(json_of(parts, *pool));
  }
  return json_answer({{"pools", std::move(pools)}});
}

http::Answer answer_one(const AdminParts& parts, const AdminRequest& request) {
  const auto& snapshot = parts.controller.snapshot();
  const auto index = snapshot ? core::find_pool(*snapshot, request.argument) : std::nullopt;
  if (!index) return http::problem(404, "no-pool", "There is no pool of this name");
  return json_answer(json_of(parts, *snapshot->pools[*index]));
}

}  // namespace

AdminCall pools_call();
AdminCall pools_call() { return {"GET", "/api/v1/pools", &answer_all}; }

AdminCall pool_call();
AdminCall pool_call() { return {"GET", "/api/v1/pools/{}", &answer_one}; }

}  // namespace fairlead::control
