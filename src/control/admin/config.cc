// GET /api/v1/config: the configuration that acts, every default written out; ?format=json for
// JSON.
#include "core/config/dump.h"

#include "control/admin/call.h"

namespace fairlead::control {
namespace {

http::Answer answer(const AdminParts& parts, const AdminRequest& request) {
  const auto& snapshot = parts.controller.snapshot();
  if (!snapshot) return http::problem(503, "starting", "No configuration acts yet");
  http::Answer answer;
  if (query_value(request.query, "format") == "json") {
    answer.content_type = "application/json";
    answer.body = core::dump_json(*snapshot->config);
  } else {
    answer.content_type = "text/yaml; charset=utf-8";
    answer.body = core::dump_yaml(*snapshot->config);
  }
  return answer;
}

}  // namespace

AdminCall config_call();
AdminCall config_call() { return {"GET", "/api/v1/config", &answer}; }

}  // namespace fairlead::control
