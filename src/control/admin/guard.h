// Guard: keeps other sites' pages in somebody's browser away from the admin address. Pure.
//
// The admin address has no password: whoever reaches it may use it, and it listens on loopback for
// that reason. A browser on the same machine reaches it too, and runs anybody's pages. So:
//
//   DNS rebinding: a page of evil.example whose name now leads to us. Its Host names evil.example.
//     We answer only to what an attacker cannot own: IP addresses, localhost, names without a dot,
//     names of domains that are never public (.local, .internal, ...), and the machine's own name.
//   Cross-site requests: a page posts here under our own name. Browsers then send an Origin, or say
//     so in Sec-Fetch-Site. What changes something must come without, or from ourselves.
//
// Programs (curl, Prometheus, `fairlead`) send neither. /health, /ready and /metrics take any Host:
// monitoring reaches them by names of all kinds, and they tell little.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead::control {

struct GuardFacts {
  std::string_view method;
  std::string_view path;
  std::optional<std::string_view> host{};            // as sent; none: HTTP/1.0, and so no browser
  std::optional<std::string_view> origin{};          // as sent
  std::optional<std::string_view> sec_fetch_site{};  // as sent
};

// Why the request is refused, for a person; nothing: it may go on. `host_name`: the machine's own.
std::optional<std::string> refusal_of(const GuardFacts& facts, std::string_view host_name);

// Whether a Host (with or without a port) cannot be the name of somebody's public site.
bool is_safe_host(std::string_view host, std::string_view host_name);

}  // namespace fairlead::control
