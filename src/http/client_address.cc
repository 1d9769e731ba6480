#include "http/client_address.h"

#include <algorithm>

#include "wire/forwarded.h"
#include "wire/http1_chars.h"
#include "wire/http1_fields.h"
#include "wire/http1_target.h"

namespace fairlead::http {
namespace {

std::optional<Ip> parse_ip(std::string_view text) {
  const auto ip = Ip::parse(text);
  if (!ip) return std::nullopt;
  return *ip;
}

// RFC 7239 6: digits, or a name that hides them.
bool is_port(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return wire::http1::is_char(c, wire::http1::kHost);
  });
}

}  // namespace

bool is_any_of(std::span<const Subnet> networks, const Ip& ip) {
  return std::ranges::any_of(networks, [&](const Subnet& network) { return network.contains(ip); });
}

std::optional<Ip> ip_of_node(std::string_view node) {
  const bool in_brackets = node.starts_with('[');
  size_t end = node.size();
  if (in_brackets) {
    end = node.find(']');
    if (end == node.npos) return std::nullopt;
    const std::string_view port = node.substr(end + 1);
    if (!port.empty() && (port.front() != ':' || !is_port(port.substr(1)))) return std::nullopt;
    const std::string_view inside = node.substr(1, end - 1);
    return inside.find(':') == inside.npos ? std::nullopt : parse_ip(inside);
  }
  const size_t colon = node.find(':');
  if (colon != node.npos && node.find(':', colon + 1) == node.npos) {
    if (!is_port(node.substr(colon + 1))) return std::nullopt;
    end = colon;
  }
  return parse_ip(node.substr(0, end));
}

std::string_view scheme_of(std::string_view proto) {
  using wire::http1::equals_ignoring_case;
  if (equals_ignoring_case(proto, "https") || equals_ignoring_case(proto, "wss")) return "https";
  if (equals_ignoring_case(proto, "http") || equals_ignoring_case(proto, "ws")) return "http";
  return {};
}

Ip client_of_chain(const Ip& peer, std::string_view chain, std::span<const Subnet> trusted) {
  Ip client = peer;
  while (!chain.empty()) {
    const size_t comma = chain.rfind(',');
    const std::string_view node = comma == chain.npos ? chain : chain.substr(comma + 1);
    const auto hop = ip_of_node(wire::http1::trim_blanks(node));
    if (!hop) return client;  // nobody knows what is left of it
    client = *hop;
    if (comma == chain.npos || !is_any_of(trusted, client)) return client;
    chain = chain.substr(0, comma);
  }
  return client;
}

Asker asker_of_forwarded(const Ip& peer, std::string_view value, std::span<const Subnet> trusted) {
  Asker asker{.ip = peer};
  const auto forwarded = wire::parse_forwarded(value);
  if (!forwarded) return asker;
  asker.by_forwarded = true;
  // Each element was written by the hop that the one behind it names, the last one by the peer.
  for (size_t i = forwarded->size(); i > 0; --i) {
    const wire::ForwardedElement& element = (*forwarded)[i - 1];
    if (const auto scheme = scheme_of(element.proto); !scheme.empty()) asker.scheme = scheme;
    if (wire::http1::parse_authority(element.host)) asker.host = element.host;
    const auto hop = ip_of_node(element.node);
    if (!hop) return asker;
    asker.ip = *hop;
    if (!is_any_of(trusted, *hop)) return asker;
  }
  return asker;
}

}  // namespace fairlead::http
