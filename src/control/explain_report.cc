#include "control/explain_report.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "control/text_table.h"

namespace fairlead::control {
namespace {

using core::Considered;
using core::ExplainedMember;
using core::ExplainedPool;
using core::Explanation;
using Json = nlohmann::ordered_json;

std::string place_text(const core::Place& place) {
  if (place.line == 0) return "";
  return fmt::format("{}:{}", place.file, place.line);
}

std::string url_of(const core::DescribedRequest& request) {
  std::string url = fmt::format("{}://{}", request.scheme, request.host);
  if (request.port) url += fmt::format(":{}", *request.port);
  url += request.path;
  if (request.has_query) url += "?" + request.query;
  return request.method.empty() ? url : request.method + " " + url;
}

// ---- text -----------------------------------------------------------------------------

// One row for each listener and route that was looked at.
void add(std::string_view what, const Considered& considered, TextTable& table) {
  table.add(
      {{std::string(what)}, {considered.name}, {place_text(considered.place)}, {considered.why}});
}

std::string steps_text(const Explanation& explanation) {
  TextTable table({{"STEP"}, {"NAME"}, {"PLACE"}, {"WHY"}});
  if (explanation.listener) {
    add("listener", *explanation.listener, table);
  } else {
    for (const Considered& each : explanation.other_listeners) add("not listener", each, table);
  }
  for (const Considered& each : explanation.passed_routes) add("not route", each, table);
  if (explanation.route) add("route", *explanation.route, table);
  if (explanation.pool) {
    const ExplainedPool& pool = *explanation.pool;
    table.add({{"pool"},
               {pool.name},
               {place_text(pool.place)},
               {fmt::format("balance {}, {} backends", pool.algorithm, name_of(pool.basis))}});
    if (pool.key) {
      table.add({{"key"}, {pool.key->source}, {""}, {fmt::format("hash {:016x}", pool.key->hash)}});
    }
  }
  return table.text();
}

std::string members_text(const ExplainedPool& pool) {
  using enum TextTable::Side;
  TextTable table({{""},
                   {"BACKEND"},
                   {"STATE"},
                   {"WEIGHT", right},
                   {"ACTIVE", right},
                   {"CHANCE", right},
                   {"WHY"}});
  for (const ExplainedMember& member : pool.members) {
    table.add({{member.taken ? ">" : ""},
               {member.address},
               {std::string(name_of(member.state))},
               {fmt::format("{}", member.weight)},
               {fmt::format("{}", member.active)},
               {fmt::format("{:.0f} %", member.chance * 100)},
               {member.why}});
  }
  return table.text();
}

// ---- JSON -----------------------------------------------------------------------------

Json json_of(const Considered& considered) {
  Json json = {{"name", considered.name}};
  if (considered.place.line > 0) {
    json["file"] = considered.place.file;
    json["line"] = considered.place.line;
  }
  json["why"] = considered.why;
  return json;
}

Json json_of(const std::vector<Considered>& list) {
  Json json = Json::array();
  for (const Considered& each : list) json.push_back(json_of(each));
  return json;
}

Json json_of(const core::DescribedRequest& request) {
  Json json = {{"url", url_of(request)}, {"host", request.host}};
  if (request.protocol == core::Protocol::http) {
    json["method"] = request.method;
    json["path"] = request.path;
    json["query"] = request.query;
  }
  json["port"] = request.port_meant();
  json["client"] = request.client.text();
  return json;
}

Json json_of(const ExplainedMember& member) {
  return {{"address", member.address},
          {"state", name_of(member.state)},
          {"weight", member.weight},
          {"active", member.active},
          {"eligible", member.eligible},
          {"taken", member.taken},
          {"chance", std::round(member.chance * 1000) / 1000},
          {"why", member.why}};
}

Json json_of(const ExplainedPool& pool) {
  Json json = {{"name", pool.name}};
  if (pool.place.line > 0) {
    json["file"] = pool.place.file;
    json["line"] = pool.place.line;
  }
  json["balance"] = pool.algorithm;
  json["basis"] = name_of(pool.basis);
  if (pool.key)
    json["key"] = {{"source", pool.key->source}, {"hash", fmt::format("{:016x}", pool.key->hash)}};
  Json members = Json::array();
  for (const ExplainedMember& member : pool.members) members.push_back(json_of(member));
  json["backends"] = std::move(members);
  return json;
}

}  // namespace

std::string explain_text(const Explanation& explanation) {
  std::string text =
      fmt::format("{} from {}\n", url_of(explanation.request), explanation.request.client.text());
  text += explanation.live ? fmt::format("as configuration {} of the running instance is now\n\n",
                                         explanation.generation)
                           : "as a fresh start would, with every backend healthy and idle\n\n";
  const bool looked = explanation.listener || !explanation.other_listeners.empty();
  if (looked) text += steps_text(explanation) + "\n";
  if (explanation.pool) text += members_text(*explanation.pool) + "\n";
  return text + explanation.outcome + "\n";
}

std::string explain_json(const Explanation& explanation) {
  Json json = {{"request", json_of(explanation.request)}, {"live", explanation.live}};
  if (explanation.live) json["generation"] = explanation.generation;
  json["listener"] = explanation.listener ? json_of(*explanation.listener) : Json();
  json["other_listeners"] = json_of(explanation.other_listeners);
  json["passed_routes"] = json_of(explanation.passed_routes);
  json["route"] = explanation.route ? json_of(*explanation.route) : Json();
  json["action"] = name_of(explanation.action);
  if (explanation.status != 0) json["status"] = explanation.status;
  if (!explanation.location.empty()) json["location"] = explanation.location;
  json["pool"] = explanation.pool ? json_of(*explanation.pool) : Json();
  const bool taken = explanation.pool && explanation.pool->taken;
  json["backend"] =
      taken ? Json(explanation.pool->members[*explanation.pool->taken].address) : Json();
  json["outcome"] = explanation.outcome;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace fairlead::control
