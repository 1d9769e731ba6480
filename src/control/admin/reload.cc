// POST /api/v1/reload: reads the file again. A wrong file changes nothing and is answered with 422
// and all its errors, each with its place; `text` is what `fairlead check` prints.
#include <nlohmann/json.hpp>

#include "control/admin/call.h"
#include "control/admin/json.h"

namespace fairlead::control {
namespace {

Json json_of(const core::Problem& problem) {
  Json json = {{"severity", problem.severity == core::Severity::error ? "error" : "warning"},
               {"message", problem.message}};
  if (!problem.place.file.empty()) json["file"] = problem.place.file;
  if (problem.place.line > 0) {
    json["line"] = problem.place.line;
    json["column"] = problem.place.column;
  }
  if (!problem.hint.empty()) json["hint"] = problem.hint;
  return json;
}

http::Answer refused(const core::Problems& problems) {
  Json list = Json::array();
  for (const core::Problem& problem : problems) list.push_back(json_of(problem));
  return problem_answer(422, {{"type", "urn:fairlead:problem/wrong-configuration"},
                              {"title", "The configuration is wrong; the one before goes on"},
                              {"status", 422},
                              {"detail", core::count_line(problems)},
                              {"errors", std::move(list)},
                              {"text", core::render(problems)}});
}

http::Answer answer(const AdminParts& parts, const AdminRequest&) {
  if (!parts.reload) {
    return http::problem(409, "no-file", "There is no file to read again",
                         "this instance was started by flags");
  }
  const auto done = parts.reload();
  if (!done) return refused(done.error());
  return json_answer({{"generation", *done}});
}

}  // namespace

AdminCall reload_call();
AdminCall reload_call() { return {"POST", "/api/v1/reload", &answer}; }

}  // namespace fairlead::control
