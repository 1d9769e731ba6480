#include "control/admin/guard.h"

#include <algorithm>
#include <array>

#include "base/address.h"
#include "wire/http1_fields.h"

namespace fairlead::control {

using wire::http1::equals_ignoring_case;

namespace {

// Never in the public DNS: RFC 6761 (localhost, test), RFC 6762 (local), RFC 8375 (home.arpa),
// ICANN board 2024 (internal); lan, by long use in home routers.
constexpr std::array<std::string_view, 6> kPrivateDomains = {".localhost", ".local", ".internal",
                                                             ".home.arpa", ".lan",   ".test"};

bool has_suffix(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() &&
         equals_ignoring_case(name.substr(name.size() - suffix.size()), suffix);
}

// "name:80" -> "name", "[::1]:80" -> "::1".
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    return end == std::string_view::npos ? std::string_view() : host.substr(1, end - 1);
  }
  return host.substr(0, host.find(':'));
}

bool changes_something(std::string_view method) { return method != "GET" && method != "HEAD"; }

bool is_for_monitoring(std::string_view path) {
  return path == "/health" || path == "/ready" || path == "/metrics";
}

// An Origin is scheme://host[:port]; ours is the Host that the request names.
bool is_own_origin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return equals_ignoring_case(origin.substr(scheme.size()), host);
  }
  return false;
}

}  // namespace

bool is_safe_host(std::string_view host, std::string_view host_name) {
  std::string_view name = without_port(host);
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty()) return false;
  if (Ip::parse(name)) return true;
  if (name.find('.') == std::string_view::npos) return true;
  if (!host_name.empty() && equals_ignoring_case(name, host_name)) return true;
  return std::ranges::any_of(kPrivateDomains,
                             [&](std::string_view domain) { return has_suffix(name, domain); });
}

std::optional<std::string> refusal_of(const GuardFacts& facts, std::string_view host_name) {
  if (facts.host && !is_safe_host(*facts.host, host_name) && !is_for_monitoring(facts.path)) {
    return "this Host is not answered here; use an IP address, localhost or the machine's own name";
  }
  if (!changes_something(facts.method)) return {};
  if (facts.origin && !is_own_origin(*facts.origin, facts.host.value_or(""))) {
    return "a page of another origin may change nothing here";
  }
  if (facts.sec_fetch_site && *facts.sec_fetch_site != "same-origin" &&
      *facts.sec_fetch_site != "none") {
    return "a page of another site may change nothing here";
  }
  return {};
}

}  // namespace fairlead::control
