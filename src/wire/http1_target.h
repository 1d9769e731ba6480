// Targets of requests: the four forms of RFC 9112 3.2, and authorities.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "wire/http1_facts.h"
#include "wire/http1_head.h"

namespace fairlead::wire::http1 {

// "host", "host:port" or "[v6]:port", as Host and absolute targets carry it.
struct Authority {
  std::string_view host;         // with the brackets of an IPv6 address
  std::optional<uint16_t> port;  // 0 to 65535
};

// Narrower than RFC 3986 on purpose: a host is letters, digits and "-._~", or an IPv6 address in
// brackets; a port has one to five digits, or none ("a:" is "a", RFC 3986 3.2.3). Refused, for lack
// of honest use and wealth of dishonest: user information, escapes, sub-delimiters (a comma joins
// two hosts for some readers), an empty host, zones, IPvFuture. Nothing where it is none of these.
std::optional<Authority> parse_authority(std::string_view text);

// "a:" is "a": an empty port says nothing, and is not passed on for others to wonder at.
constexpr std::string_view without_empty_port(std::string_view authority) {
  if (authority.ends_with(':')) authority.remove_suffix(1);
  return authority;
}

// Reads head.target by its form and head.method; `query_at` is where its '?' stands in it, or npos.
// Sets form, scheme, authority (of absolute and authority form), path and query.
Objection read_target(RequestHead& head, size_t query_at);

// Sets or checks head.authority by the Host fields. REQUIRES: read_target() was content.
Objection read_host(RequestHead& head, const HeadFacts& facts);

}  // namespace fairlead::wire::http1
