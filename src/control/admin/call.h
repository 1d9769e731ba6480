// AdminCall: one thing that can be asked of the admin address: a method, a path, a function.
//
// Each call has a file of its own that defines `<name>_call()`, and a line in list.inc.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/admin/admin_service.h"
#include "http/answer.h"

namespace fairlead::control {

struct AdminRequest {
  std::vector<std::string> arguments;  // what stands for each `{}` in the path, percent-decoded
  std::string_view query;              // raw
  std::string_view body;               // at most 64 KiB
};

struct AdminCall {
  std::string_view method;  // GET answers HEAD too
  std::string_view path;    // a segment `{}` takes any one segment that is not empty
  // Answers at once, from what is known now.
  http::Answer (*answer)(const AdminParts& parts, const AdminRequest& request);
};

// All of them, in the order of list.inc.
std::span<const AdminCall> admin_calls();

// The segments that each `{}` stands for, in order; nothing where the path is another.
std::optional<std::vector<std::string>> match_path(std::string_view pattern, std::string_view path);

// The value of a name in a raw query, percent-decoded; "" where it is not there.
std::string query_value(std::string_view query, std::string_view name);

}  // namespace fairlead::control
