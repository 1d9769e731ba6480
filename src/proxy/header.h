// The fields of a request as routes, keys and templates ask for them: those that are passed on.
//
// `host` is what the request is for in every version of HTTP, wherever it stood: in :authority, in
// the target, or in a field of that name.
#pragma once

#include <algorithm>
#include <string_view>

#include "core/conditions.h"
#include "http/message.h"

namespace fairlead::proxy {

inline bool is_host(std::string_view name) {
  return wire::http1::equals_ignoring_case(name, "host");
}

// The first of the name; empty: there is none.
inline std::string_view header_of(const http::Request& request, std::string_view name) {
  if (is_host(name)) return request.authority;
  for (const http::Field& field : request.fields.all()) {
    if (wire::http1::equals_ignoring_case(field.name, name) && !http::is_taken_out(field))
      return field.value;
  }
  return {};
}

// Whether `holds` of the value of any field of the name.
template <typename Holds>
bool any_header(const http::Request& request, std::string_view name, Holds holds) {
  if (is_host(name)) return !request.authority.empty() && holds(request.authority);
  return std::ranges::any_of(request.fields.all(), [&](const http::Field& field) {
    return core::is_same_header(field.name, name) && !http::is_taken_out(field) &&
           holds(field.value);
  });
}

}  // namespace fairlead::proxy
