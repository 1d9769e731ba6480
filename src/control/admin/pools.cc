// GET /api/v1/pools and /api/v1/pools/{pool}: every backend with state, since when and why, orders,
// drain, weight, share, active, totals, latency percentiles, error rate, ejections, last check; and
// the removed ones that still work.
#include "control/admin/pools.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "core/totals.h"

namespace fairlead::control {
namespace {

Json last_check_of(const HealthEntry& entry) {
  if (!entry.last_check) return nullptr;
  const Check& check = *entry.last_check;
  return {{"result", name_of(check.result.verdict)},
          {"detail", check.result.words},
          {"time", rfc3339(check.time)},
          {"duration_seconds", seconds_of(check.duration)}};
}

Json latency_of(const core::Distribution& latency) {
  return {{"count", latency.count()},
          {"p50_seconds", seconds_of(latency.percentile(0.5))},
          {"p90_seconds", seconds_of(latency.percentile(0.9))},
          {"p99_seconds", seconds_of(latency.percentile(0.99))}};
}

Json errors_of(const core::ErrorTotals& totals) {
  Json errors = Json::object();
  for (size_t i = 0; i < core::kCodes; ++i) {
    if (totals[i] > 0) errors[std::string(name_of(Code(i)))] = totals[i];
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

Json ejections_of(const HealthEntry& entry) {
  Json ejections = Json::object();
  for (size_t i = 0; i < core::kEjectReasons; ++i)
    ejections[std::string(core::name_of(core::EjectReason(i)))] = entry.ejections[i];
  return ejections;
}

// What traffic has met there of late.
void add_traffic(const AdminParts& parts, const HealthEntry& entry, Json& json) {
  const core::Rate rate = entry.window.rate();
  json["error_rate"] = {{"percent", std::round(rate.percent() * 10) / 10},
                        {"requests", rate.outcomes},
                        {"errors", rate.errors},
                        {"window_seconds", seconds_of(entry.passive.error_rate.window)}};
  json["errors_in_row"] = entry.backend->errors_in_row();
  json["ejections"] = ejections_of(entry);
  const Instant until = entry.health.ejected_until();
  if (until != kNever) json["ejected_for_seconds"] = seconds_of(until - parts.network.now());
}

// What differs from the file, by an operator's order; nothing where nothing does.
void add_orders(const HealthEntry& entry, Json& json) {
  Json orders = Json::object();
  const core::State ordered = entry.health.ordered();
  if (ordered != core::State::healthy) orders["state"] = core::name_of(ordered);
  if (entry.ordered_weight) orders["weight"] = *entry.ordered_weight;
  if (!orders.empty()) json["orders"] = std::move(orders);
  if (entry.ordered_weight) json["file_weight"] = entry.file_weight;
}

// What is left until it is finished.
Json json_of(const AdminParts& parts, const Drain& drain) {
  const uint32_t left = drain.backend->active();
  const Duration time = drain.left(parts.network.now());
  Json json = {{"drained", drain.ended},
               {"left", left},
               {"seconds_left", drain.ended ? 0 : seconds_of(time)},
               {"cut", drain.cut}};
  if (drain.lingers) json["lingers"] = true;
  const Instant oldest = core::totals_of(drain.backend->tally()).oldest;
  if (left > 0 && oldest != kNever)
    json["oldest_seconds"] = seconds_of(parts.network.now() - oldest);
  return json;
}

}  // namespace

Json json_of(const AdminParts& parts, const core::Member& member) {
  const core::Backend& backend = *member.backend;
  const core::BackendTotals totals = core::totals_of(backend.tally());
  const HealthEntry* entry = parts.controller.health().find(backend.id());
  Json json = {{"address", backend.text()}};
  if (entry) add_health(parts, *entry, json);
  json["eligible"] = member.eligible;
  if (entry) add_orders(*entry, json);
  if (const Drain* drain = parts.controller.drains().find(backend.id()))
    json["drain"] = json_of(parts, *drain);
  json["weight"] = member.weight;
  json["share"] = member.share;
  json["active"] = backend.active();
  json["requests_total"] = sum_of(totals.requests);
  json["requests"] = totals.requests;
  json["errors"] = errors_of(totals.errors);
  json["retries_total"] = totals.retries;
  json["latency"] = latency_of(totals.latency);
  if (entry) {
    add_traffic(parts, *entry, json);
    for (const Verdict verdict : kVerdicts)
      json["checks"][std::string(name_of(verdict))] = entry->checks[static_cast<size_t>(verdict)];
    json["last_check"] = last_check_of(*entry);
  }
  return json;
}

namespace {

// How much of the pool's new work each candidate is given, by member: 0 for whoever is none.
std::vector<double> portions_of(const core::PoolSnapshot& pool) {
  std::vector<double> portions(pool.members.size());
  double total = 0;
  for (const core::Candidate& candidate : pool.candidates) total += candidate.weight;
  for (size_t i = 0; i < pool.candidates.size(); ++i) {
    portions[pool.places[i]] = pool.candidates[i].weight / total;
  }
  return portions;
}

// Backends that a reload took out while they were at work, of one pool or (nothing) of all.
Json leaving(const AdminParts& parts, std::optional<std::string_view> pool) {
  Json list = Json::array();
  for (const auto& [id, drain] : parts.controller.drains().all()) {
    if (!drain.removed || (pool && drain.backend->pool() != *pool)) continue;
    list.push_back({{"pool", drain.backend->pool()},
                    {"address", drain.backend->text()},
                    {"drain", json_of(parts, drain)}});
  }
  return list;
}

Json json_of(const AdminParts& parts, const core::PoolSnapshot& pool) {
  const core::PoolTotals totals = core::totals_of(pool.series->tally);
  const std::vector<double> portions = portions_of(pool);
  Json backends = Json::array();
  for (size_t i = 0; i < pool.members.size(); ++i) {
    Json backend = json_of(parts, pool.members[i]);
    backend["portion"] = portions[i];
    if (pool.config->max_connections == core::PoolConfig::kAdaptive)
      backend["limit"] = pool.members[i].backend->adaptive_limit();
    backends.push_back(std::move(backend));
  }
  Json json = {{"name", pool.config->name},          {"balance", pool.config->balance.algorithm},
               {"basis", core::name_of(pool.basis)}, {"retries_total", totals.retries},
               {"rejected_total", totals.rejected},  {"errors", errors_of(totals.errors)}};
  json["retries_refused_total"] = totals.unbudgeted;
  json["hedges_total"] = totals.hedges;
  json["hedges_won_total"] = totals.hedges_won;
  if (pool.config->sticky.on()) {
    Json& sticky = json["sticky"] = {{"cookie", pool.config->sticky.cookie.name}};
    for (const core::Stuck stuck : core::kStucks)
      sticky[std::string(core::name_of(stuck)) + "_total"] =
          totals.sticky[static_cast<size_t>(stuck)];
    if (pool.config->sticky.kind == core::StickyConfig::Kind::learn) {
      sticky["sessions"] = pool.series->learned.size();
      sticky["evicted_total"] = pool.series->learned.evicted();
    }
  }
  if (pool.plan) json["digest"] = core::digest_text(*pool.plan);
  if (const uint32_t most = pool.config->max_connections; most > 0) {
    if (most == core::PoolConfig::kAdaptive)
      json["max_connections"] = "adaptive";
    else
      json["max_connections"] = most;
    json["queue"] = {{"waiting", pool.series->line.waiting()},
                     {"limit", pool.config->queue.limit},
                     {"queued_total", totals.queued},
                     {"full_total", totals.queue_full},
                     {"timeout_total", totals.queue_timeout}};
  }
  json["backends"] = std::move(backends);
  return json;
}

http::Answer answer_all(const AdminParts& parts, const AdminRequest&) {
  Json pools = Json::array();
  if (const auto& snapshot = parts.controller.snapshot()) {
    for (const auto& pool : snapshot->pools) pools.push_back(json_of(parts, *pool));
  }
  return json_answer({{"pools", std::move(pools)}, {"leaving", leaving(parts, {})}});
}

http::Answer answer_one(const AdminParts& parts, const AdminRequest& request) {
  const auto& snapshot = parts.controller.snapshot();
  const std::string& name = request.arguments[0];
  const auto index = snapshot ? core::find_pool(*snapshot, name) : std::nullopt;
  if (!index) return http::problem(404, "no-pool", "There is no pool of this name");
  Json json = json_of(parts, *snapshot->pools[*index]);
  json["leaving"] = leaving(parts, name);
  return json_answer(json);
}

}  // namespace

AdminCall pools_call();
AdminCall pools_call() { return {"GET", "/api/v1/pools", &answer_all}; }

AdminCall pool_call();
AdminCall pool_call() { return {"GET", "/api/v1/pools/{}", &answer_one}; }

}  // namespace fairlead::control
