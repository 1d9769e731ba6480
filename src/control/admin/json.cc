#include "control/admin/json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace fairlead::control {
namespace {

http::Answer answer_of(uint16_t status, std::string_view type, const Json& json) {
  http::Answer answer;
  answer.status = status;
  answer.content_type = type;
  answer.body = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  return answer;
}

}  // namespace

http::Answer json_answer(const Json& json) { return answer_of(200, "application/json", json); }

http::Answer problem_answer(uint16_t status, const Json& json) {
  return answer_of(status, "application/problem+json", json);
}

double seconds_of(Duration span) { return std::round(to_seconds(span) * 1e6) / 1e6; }

}  // namespace fairlead::control
