// What `preset: security` tells browsers: what any site can say without being broken by it.
#pragma once

#include <span>
#include <string_view>

namespace fairlead::proxy {

struct SecurityField {
  std::string_view name;
  std::string_view value;
  bool only_https = false;
};

// docs/edits.md tells of each.
std::span<const SecurityField> security_fields();

}  // namespace fairlead::proxy
