// GET /ready: 200 when this instance should get traffic; 503 with the reasons when it should not.
#include <nlohmann/json.hpp>

#include "control/admin/call.h"
#include "control/admin/json.h"
#include "control/readiness.h"

namespace fairlead::control {
namespace {

http::Answer not_ready(const std::vector<std::string>& reasons) {
  Json json = {{"type", "urn:fairlead:problem/not-ready"},
               {"title", "This instance should get no traffic"},
               {"status", 503},
               {"detail", reasons.front()},
               {"reasons", reasons}};
  http::Answer answer = problem_answer(503, json);
  answer.fields.emplace_back("retry-after", "1");
  return answer;
}

http::Answer answer(const AdminParts& parts, const AdminRequest&) {
  const Controller& controller = parts.controller;
  const core::Snapshot* snapshot = controller.snapshot().get();
  const auto reasons = reasons_not_ready({.snapshot = snapshot,
                                          .first_round_done = controller.first_round_done(),
                                          .unchecked = controller.health().unchecked(),
                                          .draining = controller.is_draining()});
  if (!reasons.empty()) return not_ready(reasons);
  http::Answer ready;
  ready.body = "ready\n";
  for (const std::string& sentence : complaints(*snapshot)) ready.body += "but " + sentence + "\n";
  return ready;
}

}  // namespace

AdminCall ready_call();
AdminCall ready_call() { return {"GET", "/ready", &answer}; }

}  // namespace fairlead::control
