#include "core/config/options/later.h"

#include <algorithm>
#include <array>

namespace fairlead::core {
namespace {

struct Later {
  std::string_view section;
  std::string_view name;
};

constexpr Later kLater[] = {
    {"listener", "session_timeout"},
    {"listener", "read_pool"},
    {"listener", "postgres"},
    {"listener", "zones"},
    {"listener", "mode"},
    {"listener", "interface"},
    {"listener", "hook"},
    {"listener", "encap"},
    {"listener", "proxy_protocol"},
    {"listener", "allow"},
    {"listener", "deny"},

    {"protocol", "udp"},
    {"protocol", "tls_passthrough"},
    {"protocol", "postgres"},
    {"protocol", "dns"},
    {"protocol", "packet"},

    {"versions", "3"},

    {"match", "jwt"},

    {"route", "sni"},
    {"route", "cache"},
    {"route", "compress"},
    {"route", "rate_limit"},
    {"route", "jwt"},
    {"route", "waf"},
    {"route", "cors"},
    {"route", "basic_auth"},
    {"route", "ext_auth"},

    {"pool", "max_requests"},
    {"pool", "proxy_protocol"},
    {"pool", "discover"},

    {"health", "dns"},

    {"backend", "dns"},
    {"backend", "srv"},

    {"key", "jwt"},
};

}  // namespace

bool is_later(std::string_view section, std::string_view name) {
  return std::ranges::any_of(
      kLater, [&](const Later& each) { return each.section == section && each.name == name; });
}

}  // namespace fairlead::core
