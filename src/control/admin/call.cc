#include "control/admin/call.h"

#include <charconv>

namespace fairlead::control {

#define ADMIN_CALL(name) AdminCall name##_call();
#include "control/admin/list.inc"
#undef ADMIN_CALL

namespace {

// %XX only: a '+' is a '+' in a path, and no value of ours has spaces.
std::string decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      const char* digits = text.data() + i + 1;
      if (const auto [end, error] = std::from_chars(digits, digits + 2, value, 16);
          end == digits + 2) {
        out += static_cast<char>(value);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

// Takes "/a" off "/a/b", and gives "a".
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

}  // namespace

std::span<const AdminCall> admin_calls() {
  static const AdminCall calls[] = {
#define ADMIN_CALL(name) name##_call(),
#include "control/admin/list.inc"
#undef ADMIN_CALL
  };
  return calls;
}

std::optional<std::vector<std::string>> match_path(std::string_view pattern,
                                                   std::string_view path) {
  std::vector<std::string> arguments;
  if (!path.starts_with('/')) return {};  // OPTIONS *
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view segment = take_segment(path);
    if (wanted == "{}" && !segment.empty())
      arguments.push_back(decode(segment));
    else if (wanted != segment)
      return {};
  }
  if (!pattern.empty() || !path.empty()) return {};
  return arguments;
}

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return equals == std::string_view::npos ? std::string() : decode(pair.substr(equals + 1));
  }
  return {};
}

}  // namespace fairlead::control
