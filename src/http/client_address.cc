#include "http/client_address.h"

#include <algorithm>
#include <ranges>

namespace fairlead::http {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool is_any_of(std::span<const Subnet> networks, const Ip& ip) {
  return std::ranges::any_of(networks, [&](const Subnet& network) { return network.contains(ip); });
}

Ip client_of(const Ip& peer, const Fields& fields, std::span<const Subnet> trusted) {
  if (trusted.empty() || !is_any_of(trusted, peer)) return peer;
  Ip client = peer;
  // From the nearest hop outwards: the last field line, its last address first.
  for (const Field& field : std::views::reverse(fields.all())) {
    if (field.id != FieldId::x_forwarded_for) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const size_t comma = rest.rfind(',');
      const auto hop = Ip::parse(trim(comma == rest.npos ? rest : rest.substr(comma + 1)));
      if (!hop) return client;  // nobody knows what is left of it
      client = *hop;
      if (!is_any_of(trusted, client)) return client;
      rest = comma == rest.npos ? std::string_view() : rest.substr(0, comma);
    }
  }
  return client;
}

}  // namespace fairlead::http
