// GET /api/v1/routes: every route in the order in which it is tried: what it matches, what it does,
// how many requests took it; of a split also the weights and numbers of each side.
// `?listener=NAME`: those of one listener.
#include "control/admin/routes.h"

#include <nlohmann/json.hpp>

#include "core/explain/why.h"
#include "core/totals.h"

namespace fairlead::control {
namespace {

uint64_t sum_of(const core::CodeTotals& totals) {
  uint64_t sum = 0;
  for (const auto& [code, count] : totals) sum += count;
  return sum;
}

void add_numbers(const core::RouteTotals& totals, Json& json) {
  json["requests_total"] = sum_of(totals.requests);
  json["requests"] = totals.requests;
  json["duration"] = {{"p50_seconds", seconds_of(totals.duration.percentile(0.5))},
                      {"p99_seconds", seconds_of(totals.duration.percentile(0.99))}};
}

// Of a split, the sides with what was refused before one was chosen.
core::RouteTotals totals_with_sides(const core::Snapshot& snapshot, const core::Route& route) {
  core::RouteTotals totals = core::totals_of(route.series->tally);
  if (!route.split) return totals;
  for (const core::SplitPart& part : snapshot.splits[*route.split]->parts()) {
    const core::RouteTotals side = core::totals_of(part.series->tally);
    for (const auto& [code, count] : side.requests) totals.requests[code] += count;
    totals.duration.add(side.duration);
  }
  return totals;
}

Json sides_of(const core::Snapshot& snapshot, const core::Split& split) {
  double sum = 0;
  for (const core::SplitPart& part : split.parts()) sum += part.weight;
  Json sides = Json::array();
  for (const core::SplitPart& part : split.parts()) {
    Json side = {{"pool", part.name},
                 {"weight", part.weight},
                 {"file_weight", part.file_weight},
                 {"portion", part.weight / sum},
                 {"usable", !snapshot.pools[part.pool]->candidates.empty()}};
    add_numbers(core::totals_of(part.series->tally), side);
    sides.push_back(std::move(side));
  }
  return sides;
}

void add_action(const core::Snapshot& snapshot, const core::Route& route, Json& json) {
  const core::RouteConfig& config = *route.config;
  if (const auto* to = std::get_if<core::ToPool>(&config.action)) {
    json["action"] = "pool";
    json["pool"] = to->pool;
  } else if (std::holds_alternative<core::ToSplit>(config.action)) {
    json["action"] = "split";
    json["split"] = sides_of(snapshot, *snapshot.splits[*route.split]);
    json["sticky"] = config.side.key ? Json(core::text_of(*config.side.key)) : Json(nullptr);
  } else if (const auto* redirect = std::get_if<core::Redirect>(&config.action)) {
    json["action"] = "redirect";
    json["to"] = redirect->to.text();
  } else {
    json["action"] = "respond";
  }
}

http::Answer answer(const AdminParts& parts, const AdminRequest& request) {
  const auto& snapshot = parts.controller.snapshot();
  const std::string wanted = query_value(request.query, "listener");
  Json routes = Json::array();
  if (snapshot) {
    for (const auto& listener : snapshot->listeners) {
      if (!wanted.empty() && listener->config->name != wanted) continue;
      for (const core::Route& route : listener->router.routes())
        routes.push_back(json_of(*snapshot, *listener, route));
    }
  }
  return json_answer({{"routes", std::move(routes)}});
}

}  // namespace

Json json_of(const core::Snapshot& snapshot, const core::ListenerSnapshot& listener,
             const core::Route& route) {
  const core::RouteConfig& config = *route.config;
  Json json = {{"name", config.name}, {"listener", listener.config->name}};
  if (config.place.line > 0) {
    json["file"] = config.place.file;
    json["line"] = config.place.line;
  }
  json["match"] = core::why_matches(config);
  add_action(snapshot, route, json);
  add_numbers(totals_with_sides(snapshot, route), json);
  return json;
}

AdminCall routes_call();
AdminCall routes_call() { return {"GET", "/api/v1/routes", &answer}; }

}  // namespace fairlead::control
