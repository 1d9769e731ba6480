// POST /api/v1/explain: what a request would get, from live state. The body describes the request
// (control/explain_request); `?format=text` gives what `fairlead explain` prints.
#include "control/admin/call.h"
#include "control/explain_report.h"
#include "control/explain_request.h"

namespace fairlead::control {
namespace {

// Why a backend is in its state, of the health book.
std::string reason_of(const AdminParts& parts, const core::Backend& backend) {
  const HealthEntry* entry = parts.controller.health().find(backend.id());
  return entry ? entry->health.reason() : std::string();
}

http::Answer answer(const AdminParts& parts, const AdminRequest& request) {
  const std::string format = query_value(request.query, "format");
  if (!format.empty() && format != "text" && format != "json")
    return http::problem(400, "bad-format", "The format is `json` or `text`");
  const auto& snapshot = parts.controller.snapshot();
  if (!snapshot) return http::problem(503, "starting", "There is no configuration yet");
  const auto asked = parse_asked(request.body);
  if (!asked)
    return http::problem(400, "bad-request", "The body describes no request", asked.error());
  const auto described = describe(*asked, *snapshot);
  if (!described) {
    return http::problem(422, "bad-request", "No such request can be asked about",
                         described.error());
  }
  const core::ExplainSource source{
      .live = true,
      .now = parts.network.now(),
      .why_state = [&](const core::Backend& backend) { return reason_of(parts, backend); },
      .seed = snapshot->version,
      .seal = parts.controller.seal(),
      .wall_now = parts.network.wall_now()};
  const core::Explanation explanation = core::explain(*snapshot, *described, source);
  http::Answer made;
  made.content_type = format == "text" ? "text/plain; charset=utf-8" : "application/json";
  made.body = format == "text" ? explain_text(explanation) : explain_json(explanation);
  return made;
}

}  // namespace

AdminCall explain_call();
AdminCall explain_call() { return {"POST", "/api/v1/explain", &answer}; }

}  // namespace fairlead::control
