#include "proxy/request_edit.h"

#include <algorithm>
#include <cstring>

#include "proxy/client_address.h"
#include "wire/http1_chars.h"
#include "wire/http1_target.h"
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

using wire::http1::to_lower;

// "Shop.Example.:8080" -> "shop.example"; "[::1]:80" -> "[::1]".
std::string_view host_of(std::string_view authority, http::Scratch& scratch) {
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  if (colon != authority.npos && (bracket == authority.npos || colon > bracket))
    authority = authority.substr(0, colon);
  if (authority.ends_with('.')) authority.remove_suffix(1);  // the root's dot: the same host
  const bool is_lower = std::ranges::all_of(authority, [](char c) { return c == to_lower(c); });
  if (is_lower) return authority;
  const auto copy = scratch.take(authority.size());
  std::ranges::transform(authority, copy.begin(), to_lower);
  return {copy.data(), copy.size()};
}

// Makes the target that is sent on, of the normalised path and the query; gives the path.
Result<std::string_view> normalise_target(Request& request, const core::HttpLimits& limits,
                                          http::Scratch& scratch) {
  if (request.form == wire::http1::TargetForm::asterisk) {
    request.target = request.path;  // RFC 9112 3.2.4: it may have come as "http://host"
    return request.path;
  }
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

bool says_who_asked(FieldId id) { return id >= FieldId::forwarded && id <= FieldId::underscored; }

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

std::string_view first_of_list(std::string_view value) {
  return wire::http1::trim_blanks(value.substr(0, value.find(',')));
}

// What earlier hops said of who asked. Empty: nothing that can be read.
struct Said {
  std::string_view chain;  // of X-Forwarded-For, all lines joined
  std::string_view scheme;
  std::string_view host;
  std::string_view request_id;
  std::string_view forwarded;
  bool by_x = false;  // any of the first three fields is there
};

void append(std::string_view& list, std::string_view value, http::Scratch& scratch) {
  list = list.empty() ? value : scratch.join({list, ", ", value});
}

// A field of a trusted peer: remembered to be said anew, or left where it is.
void hear(Field& field, Said& said, http::Scratch& scratch) {
  switch (field.id) {
    case FieldId::x_forwarded_for: append(said.chain, field.value, scratch); break;
    case FieldId::forwarded: append(said.forwarded, field.value, scratch); return;
    case FieldId::x_forwarded_proto:
      if (said.scheme.empty()) said.scheme = scheme_of(first_of_list(field.value));
      field.hop_by_hop = said.scheme.empty();
      break;
    case FieldId::x_forwarded_host: {
      const std::string_view host = first_of_list(field.value);
      if (said.host.empty() && wire::http1::parse_authority(host)) said.host = host;
      field.hop_by_hop = said.host.empty();
      break;
    }
    case FieldId::x_request_id:
      if (field.value.size() <= kLongestRequestId) said.request_id = field.value;
      return;
    case FieldId::x_forwarded_other:
    case FieldId::x_real_ip: field.hop_by_hop = false; return;
    default: return;
  }
  said.by_x = true;
}

// Takes out what is to be said anew; of a trusted peer it is kept to build on.
Said take_out(Request& request, bool trusted, http::Scratch& scratch) {
  Said said;
  for (Field& field : request.fields.all()) {
    if (!says_who_asked(field.id)) continue;
    field.hop_by_hop = true;
    if (trusted) hear(field, said, scratch);
  }
  return said;
}

// Appends a field of ours; false where the head is full.
bool add(Request& request, FieldId id, std::string_view name, std::string_view value) {
  return request.fields.add({.name = name, .value = value, .id = id});
}

// Who asked, and how: by the peer itself, or by what a trusted one says.
Origin origin_of(const Ip& peer, const Said& said, std::span<const Subnet> trusted) {
  // One family of fields is believed. X-Forwarded-* comes first: a proxy that writes them and knows
  // nothing of Forwarded passes on what a stranger wrote there.
  if (said.by_x) return {client_of_chain(peer, said.chain, trusted), said.scheme, said.host};
  if (!said.forwarded.empty()) return origin_of_forwarded(peer, said.forwarded, trusted);
  return {.ip = peer, .scheme = {}, .host = {}};
}

std::string_view node_text(const Ip& ip, std::string_view text, http::Scratch& scratch) {
  return ip.is_v4() ? text : scratch.join({"\"[", text, "]\""});
}

// Our element of Forwarded, behind what is believed. Only for peers that sent the field.
bool add_forwarded(Request& request, const Said& said, const Prepared& prepared, const Ip& peer,
                   std::string_view hop, std::string_view scheme, http::Scratch& scratch) {
  std::string_view before = said.forwarded;
  if (said.by_x && prepared.client != peer) {
    // What came is not believed, so it does not go on: it is written anew from what is.
    before = scratch.join({"for=", node_text(prepared.client, prepared.client_text, scratch),
                           ";proto=", prepared.scheme});
  }
  const bool alone = said.by_x && prepared.client == peer;
  const std::string_view ours =
      scratch.join({"for=", node_text(peer, hop, scratch), ";proto=", scheme});
  return request.fields.add({.name = "forwarded",
                             .value = alone ? ours : scratch.join({before, ", ", ours}),
                             .id = FieldId::forwarded});
}

// Writes down who asked, in the request and in `prepared`. False: the head is full.
bool tell_who_asked(http::Exchange& exchange, const Address& peer,
                    std::span<const Subnet> trusted_proxies, Random& random, Prepared& prepared) {
  Request& request = exchange.request();
  http::Scratch& scratch = exchange.scratch();
  const bool trusted =
      !trusted_proxies.empty() && !peer.is_unix() && is_any_of(trusted_proxies, peer.ip());
  const Said said = take_out(request, trusted, scratch);
  const std::string_view hop = client_text(peer, scratch);
  prepared.client = peer.ip();
  prepared.client_text = hop;
  Origin origin{.ip = peer.ip(), .scheme = {}, .host = {}};
  if (trusted) {
    origin = origin_of(peer.ip(), said, trusted_proxies);
    if (!origin.scheme.empty()) prepared.scheme = origin.scheme;
    if (!origin.host.empty()) prepared.outside_host = host_of(origin.host, scratch);
    prepared.client = origin.ip;
    if (origin.ip != peer.ip()) prepared.client_text = ip_text(origin.ip, scratch);
  }
  prepared.request_id =
      said.request_id.empty() ? make_request_id(random, scratch) : said.request_id;

  std::string_view chain = said.chain;
  if (chain.empty() && origin.ip != peer.ip()) chain = prepared.client_text;
  const std::string_view host = origin.host.empty() ? request.authority : origin.host;
  bool fits = add(request, FieldId::x_request_id, "x-request-id", prepared.request_id);
  // A peer on a Unix socket has no address, and none is made up for it.
  if (!peer.is_unix()) {
    fits = fits && add(request, FieldId::x_forwarded_for, "x-forwarded-for",
                       chain.empty() ? hop : scratch.join({chain, ", ", hop}));
  }
  if (said.scheme.empty())
    fits = fits && add(request, FieldId::x_forwarded_proto, "x-forwarded-proto", prepared.scheme);
  if (said.host.empty() && !host.empty())
    fits = fits && add(request, FieldId::x_forwarded_host, "x-forwarded-host", host);
  if (!said.forwarded.empty()) {
    fits =
        fits && add_forwarded(request, said, prepared, peer.ip(), hop, exchange.scheme(), scratch);
  }
  return fits;
}

}  // namespace

std::string_view client_text(const Address& peer, http::Scratch& scratch) {
  return peer.is_unix() ? kUnixClient : ip_text(peer.ip(), scratch);
}

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
  prepared.host = prepared.outside_host = host_of(request.authority, scratch);
  prepared.scheme = exchange.scheme();
  if (!tell_who_asked(exchange, peer, trusted_proxies, random, prepared))
    return fail(Code::too_large, Side::downstream, "too many fields to add those of a proxy");
  return prepared;
}

}  // namespace fairlead::proxy
