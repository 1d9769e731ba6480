#include "proxy/request_edit.h"

#include <algorithm>
#include <cstring>

#include "http/client_address.h"
#include "wire/uri_path.h"

namespace fairlead::proxy {
namespace {

using http::Field;
using http::FieldId;
using http::Request;

// An id that a trusted peer sent is kept up to this length; a longer one is no id.
constexpr size_t kLongestRequestId = 128;

std::unexpected<Error> refuse(std::string detail) {
  return fail(Code::malformed, Side::downstream, std::move(detail));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// "Shop.Example.:8080" -> "shop.example"; "[::1]:80" -> "[::1]".
std::string_view host_of(std::string_view authority, http::Scratch& scratch) {
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  if (colon != authority.npos && (bracket == authority.npos || colon > bracket))
    authority = authority.substr(0, colon);
  if (authority.ends_with('.')) authority.remove_suffix(1);  // the root's dot: the same host
  const bool is_lower = std::ranges::all_of(authority, [](char c) { return c == lower(c); });
  if (is_lower) return authority;
  const auto copy = scratch.take(authority.size());
  std::ranges::transform(authority, copy.begin(), lower);
  return {copy.data(), copy.size()};
}

// Makes the target that is sent on, of the normalised path and the query; gives the path.
Result<std::string_view> normalise_target(Request& request, const core::HttpLimits& limits,
                                          http::Scratch& scratch) {
  if (request.form == wire::http1::TargetForm::asterisk) return request.path;
  const auto policy = limits.encoded_slash == core::EncodedSlash::keep ? wire::EncodedSlash::keep
                                                                       : wire::EncodedSlash::refuse;
  // Storage is needed only where the path is not normal already, and that is rare.
  wire::NormalPath normal =
      wire::normalise_path(request.path, scratch.take(request.path.size()), policy);
  if (normal.fault != wire::PathFault::none) return refuse(wire::explain(normal.fault));
  const bool unchanged =
      normal.path.data() == request.path.data() && normal.path.size() == request.path.size();
  if (!unchanged || request.form != wire::http1::TargetForm::origin) {
    request.target =
        request.has_query ? scratch.join({normal.path, "?", request.query}) : normal.path;
  }
  request.path = normal.path;
  return normal.path;
}

std::string_view ip_text(const Ip& ip, http::Scratch& scratch) {
  const auto room = scratch.take(kLongestIpText);
  return {room.data(), ip.write(room.data())};
}

// 128 random bits as 32 hex digits.
std::string_view make_request_id(Random& random, http::Scratch& scratch) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const auto id = scratch.take(32);
  for (size_t half = 0; half < 2; ++half) {
    uint64_t bits = random.next();
    for (size_t i = 0; i < 16; ++i, bits >>= 4) id[half * 16 + i] = kDigits[bits & 15];
  }
  return {id.data(), id.size()};
}

// What peers say to proxies: of who asked, and that a request is to be explained.
bool is_for_proxies(FieldId id) {
  return id >= FieldId::forwarded && id <= FieldId::x_fairlead_explain;
}

bool asks_for_h2c(const http::Fields& fields) {
  return std::ranges::any_of(fields.all(), [](const Field& field) {
    if (field.id != FieldId::upgrade) return false;
    std::string_view rest = field.value;
    while (rest.size() >= 2) {
      if (wire::http1::equals_ignoring_case(rest.substr(0, 2), "h2")) return true;
      rest.remove_prefix(1);
    }
    return false;
  });
}

// What earlier hops said of who asked.
struct Said {
  std::string_view chain;  // of X-Forwarded-For, all lines joined
  bool proto = false;
  bool host = false;
  std::string_view request_id;
  std::string_view forwarded;
  bool explain = false;
};

// Takes out what is to be said anew; of a trusted peer it is kept to build on.
Said take_out(Request& request, bool trusted, http::Scratch& scratch) {
  Said said;
  for (Field& field : request.fields.all()) {
    if (!is_for_proxies(field.id)) continue;
    field.hop_by_hop = true;
    if (!trusted) continue;
    switch (field.id) {
      case FieldId::x_forwarded_for:
        said.chain =
            said.chain.empty() ? field.value : scratch.join({said.chain, ", ", field.value});
        break;
      case FieldId::forwarded:
        said.forwarded = said.forwarded.empty() ? field.value
                                                : scratch.join({said.forwarded, ", ", field.value});
        break;
      case FieldId::x_forwarded_proto:
        said.proto = true;
        field.hop_by_hop = false;
        break;
      case FieldId::x_forwarded_host:
        said.host = true;
        field.hop_by_hop = false;
        break;
      case FieldId::x_request_id:
        if (field.value.size() <= kLongestRequestId) said.request_id = field.value;
        break;
      case FieldId::x_fairlead_explain: said.explain = field.value == "1"; break;
      default: break;
    }
  }
  return said;
}

// Appends a field of ours; false where the head is full.
bool add(Request& request, FieldId id, std::string_view name, std::string_view value) {
  return request.fields.add({.name = name, .value = value, .id = id});
}

}  // namespace

Result<Prepared> prepare(http::Exchange& exchange, const Address& peer,
                         const core::HttpLimits& limits, std::span<const Subnet> trusted_proxies,
                         Random& random) {
  Request& request = exchange.request();
  http::Scratch& scratch = exchange.scratch();
  if (request.method == http::Method::connect) {
    return fail(Code::unsupported, Side::downstream, "CONNECT is not for a reverse proxy");
  }
  // "Upgrade: h2c" would open a tunnel in which every further request passes the routes by.
  if (request.upgrade && asks_for_h2c(request.fields)) request.upgrade = false;
  auto path = normalise_target(request, limits, scratch);
  if (!path) return std::unexpected(path.error());

  Prepared prepared;
  prepared.path = *path;
  prepared.host = host_of(request.authority, scratch);
  const bool trusted = !trusted_proxies.empty() && http::is_any_of(trusted_proxies, peer.ip());
  prepared.client =
      trusted ? http::client_of(peer.ip(), request.fields, trusted_proxies) : peer.ip();

  const Said said = take_out(request, trusted, scratch);
  prepared.explain = said.explain;
  const std::string_view hop = peer.is_unix() ? "unknown" : ip_text(peer.ip(), scratch);
  const std::string_view chain = said.chain.empty() ? hop : scratch.join({said.chain, ", ", hop});
  prepared.request_id =
      said.request_id.empty() ? make_request_id(random, scratch) : said.request_id;
  bool fits = add(request, FieldId::x_forwarded_for, "x-forwarded-for", chain) &&
              add(request, FieldId::x_request_id, "x-request-id", prepared.request_id);
  if (!said.proto)
    fits = fits && add(request, FieldId::x_forwarded_proto, "x-forwarded-proto", exchange.scheme());
  if (!said.host && !request.authority.empty()) {
    fits = fits && add(request, FieldId::x_forwarded_host, "x-forwarded-host", request.authority);
  }
  if (!said.forwarded.empty()) {
    fits =
        fits && add(request, FieldId::forwarded, "forwarded",
                    scratch.join({said.forwarded, ", for=\"", peer.ip().is_v4() ? "" : "[", hop,
                                  peer.ip().is_v4() ? "" : "]", "\";proto=", exchange.scheme()}));
  }
  if (!fits)
    return fail(Code::too_large, Side::downstream, "too many fields to add those of a proxy");
  return prepared;
}

}  // namespace fairlead::proxy
