// GET /health: 200 while the process runs and its control loop turns.
#include "control/admin/call.h"

namespace fairlead::control {
namespace {

http::Answer answer(const AdminParts&, const AdminRequest&) {
  http::Answer answer;
  answer.body = "ok\n";
  return answer;
}

}  // namespace

AdminCall health_call();
AdminCall health_call() { return {"GET", "/health", &answer}; }

}  // namespace fairlead::control
