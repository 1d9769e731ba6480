// GET /api/v1/events: state changes, reloads and starts, oldest first.
//
// ?after=ID gives those behind one that is known already; ?limit=N at most so many, the newest.
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "control/admin/call.h"
#include "control/admin/json.h"

namespace fairlead::control {
namespace {

Json json_of(const Occurrence& it) {
  Json json = {{"id", it.id}, {"time", rfc3339(it.time)}, {"kind", name_of(it.kind)}};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = value;
  };
  add("route", it.route);
  add("pool", it.pool);
  add("backend", it.backend);
  add("from", it.from);
  add("to", it.to);
  add("reason", it.reason);
  json["generation"] = it.generation;
  json["message"] = line_of(it);
  return json;
}

// The number of a query's value; nothing where it is none.
std::optional<uint64_t> number_of(std::string_view query, std::string_view name,
                                  uint64_t otherwise) {
  const std::string text = query_value(query, name);
  if (text.empty()) return otherwise;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

http::Answer answer(const AdminParts& parts, const AdminRequest& request) {
  const auto after = number_of(request.query, "after", 0);
  const auto limit = number_of(request.query, "limit", 1000);
  if (!after || !limit) {
    return http::problem(400, "wrong-query", "`after` and `limit` are whole numbers");
  }
  const History& history = parts.controller.history();
  Json events = Json::array();
  for (const Occurrence& occurrence : history.after(*after, *limit))
    events.push_back(json_of(occurrence));
  return json_answer({{"last_id", history.last_id()}, {"events", std::move(events)}});
}

}  // namespace

AdminCall events_call();
AdminCall events_call() { return {"GET", "/api/v1/events", &answer}; }

}  // namespace fairlead::control
