#include "control/explain_report.h"

#include <fmt/format.h>

#include <algorithm>
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

std::string key_text(const core::ExplainedKey& key) {
  if (!key.present) return fmt::format("there is no {}", key.wanted);
  return fmt::format("{}, hash {:016x}{}", key.value, key.hash,
                     key.by_fallback ? fmt::format("; there is no {}", key.wanted) : "");
}

// "least active / weight; ties in turn", and what it looks at.
std::string rule_text(const core::Reasoning& told) {
  std::string text = told.rule;
  if (!told.place.empty()) text += ": " + told.place;
  if (!told.measure.empty()) {
    text +=
        fmt::format("; compared: {}{}", told.measure, told.unit.empty() ? "" : " in " + told.unit);
  }
  return text;
}

std::string side_text(const core::ExplainedSide& side, bool keyed) {
  if (!side.usable)
    return fmt::format("weight {}; its pool has nobody to send work to", side.weight);
  return fmt::format("{}weight {}: {:.3g} % {}", side.taken ? "taken; " : "", side.weight,
                     side.portion * 100, keyed ? "of clients" : "by chance");
}

void add_sides(const core::ExplainedSplit& split, TextTable& table) {
  const bool keyed = split.key && split.key->present;
  if (split.key) table.add({{"side by"}, {split.key->source}, {""}, {key_text(*split.key)}});
  for (const core::ExplainedSide& side : split.sides)
    table.add({{side.taken ? "side" : "not side"}, {side.pool}, {""}, {side_text(side, keyed)}});
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
  if (explanation.split) add_sides(*explanation.split, table);
  if (explanation.pool) {
    const ExplainedPool& pool = *explanation.pool;
    table.add({{"pool"},
               {pool.name},
               {place_text(pool.place)},
               {fmt::format("balance {}, {} backends", pool.algorithm, name_of(pool.basis))}});
    if (!pool.tls.empty()) table.add({{"tls"}, {""}, {""}, {pool.tls}});
    if (pool.sticky) table.add({{"sticky"}, {pool.sticky->cookie}, {""}, {pool.sticky->why}});
    if (pool.key) table.add({{"key"}, {pool.key->source}, {""}, {key_text(*pool.key)}});
    table.add({{"algorithm"}, {pool.algorithm}, {""}, {rule_text(pool.reasoning)}});
  }
  return table.text();
}

// A column that is shown where any backend has something to say in it.
struct Shown {
  TextTable::Column column;
  std::string (*cell)(const ExplainedMember& member);
};

std::string number_text(double number) {
  const double size = std::abs(number);
  return fmt::format("{:.{}f}", number, size == std::round(size) ? 0 : size < 1 ? 4 : 2);
}

std::string percent_text(double share) { return fmt::format("{:.0f} %", share * 100); }

const std::vector<Shown>& shown_columns() {
  using enum TextTable::Side;
  using Member = const ExplainedMember&;
  static const std::vector<Shown> columns = {
      {{""}, [](Member m) { return std::string(m.taken ? ">" : ""); }},
      {{"BACKEND"}, [](Member m) { return m.address; }},
      {{"STATE"}, [](Member m) { return std::string(name_of(m.state)); }},
      {{"WEIGHT", right}, [](Member m) { return fmt::format("{}", m.weight); }},
      {{"SHARE", right},
       [](Member m) { return m.share < 100 ? fmt::format("{} %", m.share) : std::string(); }},
      {{"TIER", right},
       [](Member m) { return m.tier > 0 ? fmt::format("{}", m.tier) : std::string(); }},
      {{"ZONE"}, [](Member m) { return m.zone; }},
      {{"BACKUP"}, [](Member m) { return std::string(m.backup ? "yes" : ""); }},
      {{"PORTION", right},
       [](Member m) { return m.use == core::Use::used ? percent_text(m.portion) : std::string(); }},
      {{"ACTIVE", right}, [](Member m) { return fmt::format("{}", m.active); }},
      {{"MOST", right},
       [](Member m) { return m.most ? fmt::format("{}", *m.most) : std::string(); }},
      {{"LIMIT", right},
       [](Member m) { return m.limit ? fmt::format("{}", *m.limit) : std::string(); }},
      {{"AVERAGE", right},
       [](Member m) {
         return m.average ? number_text(to_seconds(*m.average) * 1000) + " ms" : std::string();
       }},
      {{"COMPARED", right},
       [](Member m) { return m.compared ? number_text(*m.compared) : std::string(); }},
      {{"CHANCE", right}, [](Member m) { return percent_text(m.chance); }},
      {{"WHY"}, [](Member m) { return m.why; }},
  };
  return columns;
}

std::string members_text(const ExplainedPool& pool) {
  std::vector<const Shown*> shown;
  std::vector<TextTable::Column> columns;
  for (const Shown& each : shown_columns()) {
    const bool any = std::ranges::any_of(
        pool.members, [&](const ExplainedMember& member) { return !each.cell(member).empty(); });
    if (!any) continue;
    shown.push_back(&each);
    columns.push_back(each.column);
  }
  TextTable table(std::move(columns));
  for (const ExplainedMember& member : pool.members) {
    std::vector<TextCell> row;
    for (const Shown* each : shown) row.push_back({each->cell(member)});
    table.add(std::move(row));
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

double rounded(double number) { return std::round(number * 1e6) / 1e6; }

std::string_view name_of(core::Use use) {
  switch (use) {
    case core::Use::used: return "used";
    case core::Use::weightless: return "weight";
    case core::Use::state: return "state";
    case core::Use::backup: return "backup";
    case core::Use::tier: return "tier";
    case core::Use::zone: return "zone";
    case core::Use::subset: return "subset";
  }
  return "state";
}

Json json_of(const ExplainedMember& member) {
  const bool used = member.use == core::Use::used;
  Json json = {{"address", member.address}, {"state", name_of(member.state)}, {"eligible", used}};
  if (!used) json["out_by"] = name_of(member.use);
  json["weight"] = member.weight;
  json["share"] = member.share;
  json["portion"] = rounded(member.portion);
  json["priority"] = member.tier;
  if (!member.zone.empty()) json["zone"] = member.zone;
  json["backup"] = member.backup;
  json["active"] = member.active;
  if (member.most) json["most_active"] = *member.most;
  if (member.limit) json["limit"] = *member.limit;
  if (member.average) json["average_seconds"] = rounded(to_seconds(*member.average));
  if (member.compared) json["compared"] = rounded(*member.compared);
  json["taken"] = member.taken;
  json["chance"] = std::round(member.chance * 1000) / 1000;
  json["why"] = member.why;
  return json;
}

Json json_of(const core::ExplainedKey& key) {
  Json json = {{"key", key.wanted}, {"source", key.source}, {"present", key.present}};
  if (!key.present) return json;
  json["fallback"] = key.by_fallback;
  json["value"] = key.value;
  json["hash"] = fmt::format("{:016x}", key.hash);
  return json;
}

Json json_of(const core::Reasoning& told) {
  Json json = {{"rule", told.rule}};
  if (!told.place.empty()) json["place"] = told.place;
  if (!told.measure.empty()) json["measure"] = told.measure;
  if (!told.unit.empty()) json["unit"] = told.unit;
  return json;
}

Json json_of(const ExplainedPool& pool) {
  Json json = {{"name", pool.name}};
  if (pool.place.line > 0) {
    json["file"] = pool.place.file;
    json["line"] = pool.place.line;
  }
  json["balance"] = pool.algorithm;
  json["algorithm"] = json_of(pool.reasoning);
  json["basis"] = name_of(pool.basis);
  if (pool.subset > 0) json["subset"] = pool.subset;
  if (!pool.tls.empty()) json["tls"] = pool.tls;
  if (pool.key) json["key"] = json_of(*pool.key);
  if (pool.sticky) {
    json["sticky"] = {{"cookie", pool.sticky->cookie},
                      {"learned", pool.sticky->learned},
                      {"kept", pool.sticky->kept},
                      {"why", pool.sticky->why}};
  }
  Json members = Json::array();
  for (const ExplainedMember& member : pool.members) members.push_back(json_of(member));
  json["backends"] = std::move(members);
  return json;
}

Json json_of(const core::ExplainedSplit& split) {
  Json json = {{"key", split.key ? json_of(*split.key) : Json()}};
  Json sides = Json::array();
  for (const core::ExplainedSide& side : split.sides) {
    sides.push_back({{"pool", side.pool},
                     {"weight", side.weight},
                     {"portion", rounded(side.portion)},
                     {"usable", side.usable},
                     {"taken", side.taken}});
  }
  json["sides"] = std::move(sides);
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
  for (const std::string& each : explanation.also) text += "also: " + each + "\n";
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
  if (explanation.split) json["split"] = json_of(*explanation.split);
  json["pool"] = explanation.pool ? json_of(*explanation.pool) : Json();
  const bool taken = explanation.pool && explanation.pool->taken;
  json["backend"] =
      taken ? Json(explanation.pool->members[*explanation.pool->taken].address) : Json();
  if (!explanation.also.empty()) json["also"] = explanation.also;
  json["outcome"] = explanation.outcome;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace fairlead::control
