// PATCH /api/v1/routes/{route}: {"split": {"stable": 80, "canary": 20}}: other weights of a split,
// without a reload. Pools that are not named keep theirs; `null` for all of it: those of the file.
//
// Of several listeners that have a route of this name, all are meant; `?listener=NAME` says one.
// All of the body is checked before any of it acts. Answers with the routes as they are then.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "control/admin/routes.h"
#include "core/config/words.h"

namespace fairlead::control {
namespace {

using Refused = std::unexpected<http::Answer>;

struct Found {
  const core::ListenerSnapshot* listener = nullptr;
  const core::Route* route = nullptr;
};

std::vector<Found> find_routes(const core::Snapshot& snapshot, std::string_view name,
                               std::string_view listener) {
  std::vector<Found> found;
  for (const auto& each : snapshot.listeners) {
    if (!listener.empty() && each->config->name != listener) continue;
    for (const core::Route& route : each->router.routes()) {
      if (route.config->name == name) found.push_back({each.get(), &route});
    }
  }
  return found;
}

http::Answer no_such_listener(const core::Snapshot& snapshot, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& listener : snapshot.listeners) known.push_back(listener->config->name);
  return http::problem(404, "no-listener", "There is no such listener",
                       fmt::format("{} is unknown; {}listeners: {}", core::ticked(name),
                                   core::did_you_mean(name, known), core::enumerate(known, "and")));
}

http::Answer no_such_route(const core::Snapshot& snapshot, const std::string& name,
                           std::string_view listener) {
  constexpr size_t kMostNamed = 20;
  std::vector<std::string> known;
  for (const auto& each : snapshot.listeners) {
    if (!listener.empty() && each->config->name != listener) continue;
    for (const core::Route& route : each->router.routes())
      if (route.split) known.push_back(route.config->name);
  }
  const std::string hint = core::did_you_mean(name, known);
  if (known.size() > kMostNamed) known.resize(kMostNamed);
  return http::problem(
      404, "no-route", "There is no such route",
      fmt::format("{} is unknown; {}{}", core::ticked(name), hint,
                  known.empty() ? "no route has a `split`"
                                : "routes with a `split`: " + core::enumerate(known, "and")));
}

Refused wrong_body(const std::string& why) {
  return Refused(http::problem(
      400, "wrong-body", "The body is no order for a route",
      fmt::format("{}; allowed: {{\"split\": {{POOL: 0 to {}, ...}}}}, or null for the file's", why,
                  core::ToSplit::kMostWeight)));
}

// Empty: those of the file again.
using Weights = std::map<std::string, uint32_t>;

std::expected<Weights, http::Answer> weights_of(std::string_view body) {
  // Of a key that stands twice nobody knows which was meant, and the parser takes the last.
  std::vector<std::set<std::string>> seen;
  std::string twice;
  const auto look = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) seen.emplace_back();
    if (event == Json::parse_event_t::object_end) seen.pop_back();
    if (event == Json::parse_event_t::key && !seen.back().insert(parsed.get<std::string>()).second)
      twice = parsed.get<std::string>();
    return true;
  };
  const Json json = Json::parse(body, look, false);
  if (!twice.empty()) return wrong_body(fmt::format("{} stands twice", core::ticked(twice)));
  if (!json.is_object()) return wrong_body("it is no JSON object");
  for (const auto& [key, value] : json.items()) {
    if (key != "split") return wrong_body(fmt::format("{} is unknown", core::ticked(key)));
  }
  if (!json.contains("split")) return wrong_body("it says nothing");
  const Json& split = json["split"];
  if (split.is_null()) return Weights{};
  if (!split.is_object() || split.empty()) return wrong_body("`split` maps no pools to weights");
  Weights weights;
  for (const auto& [pool, value] : split.items()) {
    const bool right =
        value.is_number_unsigned() && value.get<uint64_t>() <= core::ToSplit::kMostWeight;
    if (!right)
      return wrong_body(fmt::format("the weight of {} is no whole number from 0 to {}",
                                    core::ticked(pool), core::ToSplit::kMostWeight));
    weights[pool] = value.get<uint32_t>();
  }
  return weights;
}

// All weights of this split, with those that the order names.
std::expected<std::vector<uint32_t>, http::Answer> ordered(const core::Split& split,
                                                           const Weights& named) {
  std::vector<uint32_t> weights;
  std::vector<std::string> known;
  uint64_t sum = 0;
  for (const core::SplitPart& part : split.parts()) {
    const auto found = named.find(part.name);
    weights.push_back(found == named.end() ? part.weight : found->second);
    known.push_back(part.name);
    sum += weights.back();
  }
  for (const auto& [pool, weight] : named) {
    if (!core::contains(known, pool)) {
      return wrong_body(fmt::format("pool {} is not in the split; {}it has {}", core::ticked(pool),
                                    core::did_you_mean(pool, known),
                                    core::enumerate(known, "and")));
    }
  }
  if (sum == 0) return wrong_body("nobody would have any weight");
  return weights;
}

http::Answer answer(const AdminParts& parts, const AdminRequest& request) {
  const auto snapshot = parts.controller.snapshot();
  if (!snapshot) return http::problem(503, "starting", "No configuration acts yet");
  const std::string& name = request.arguments[0];
  const std::string listener = query_value(request.query, "listener");
  const std::vector<Found> found = find_routes(*snapshot, name, listener);
  const bool is_listener =
      listener.empty() || std::ranges::any_of(snapshot->listeners, [&](const auto& each) {
        return each->config->name == listener;
      });
  if (!is_listener) return no_such_listener(*snapshot, listener);
  if (found.empty()) return no_such_route(*snapshot, name, listener);
  const auto named = weights_of(request.body);
  if (!named) return named.error();
  std::vector<std::pair<uint32_t, std::optional<std::vector<uint32_t>>>> orders;
  for (const Found& each : found) {
    if (!each.route->split) {
      return http::problem(409, "no-split", "The route has no split",
                           fmt::format("{} of listener {} always does the same", core::ticked(name),
                                       core::ticked(each.listener->config->name)));
    }
    auto& order = orders.emplace_back(*each.route->split, std::nullopt);
    if (named->empty()) continue;
    auto weights = ordered(*snapshot->splits[order.first], *named);
    if (!weights) return weights.error();
    order.second = std::move(*weights);
  }
  for (auto& [split, weights] : orders) parts.controller.order_split(split, std::move(weights));
  const auto after = parts.controller.snapshot();
  Json routes = Json::array();
  for (const Found& each : find_routes(*after, name, listener))
    routes.push_back(json_of(*after, *each.listener, *each.route));
  return json_answer({{"routes", std::move(routes)}});
}

}  // namespace

AdminCall route_call();
AdminCall route_call() { return {"PATCH", "/api/v1/routes/{}", &answer}; }

}  // namespace fairlead::control
