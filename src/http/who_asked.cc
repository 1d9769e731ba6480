#include "http/who_asked.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "http/client_address.h"
#include "wire/http1_chars.h"
#include "wire/http1_target.h"

namespace fairlead::http {
namespace {

using wire::http1::says_who_asked;
using wire::http1::to_lower;

// An id that a trusted peer sent is kept up to this length; a longer one is no id.
constexpr size_t kLongestRequestId = 128;

std::string_view ip_text(const Ip& ip, Scratch& scratch) {
  const auto room = scratch.take(kLongestIpText);
  return {room.data(), ip.write(room.data())};
}

// 128 random bits as 32 hex digits.
std::string_view make_request_id(Random& random, Scratch& scratch) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const auto id = scratch.take(32);
  for (size_t half = 0; half < 2; ++half) {
    uint64_t bits = random.next();
    for (size_t i = 0; i < 16; ++i, bits >>= 4) id[half * 16 + i] = kDigits[bits & 15];
  }
  return {id.data(), id.size()};
}

std::string_view first_of_list(std::string_view value) {
  return wire::http1::trim_blanks(value.substr(0, value.find(',')));
}

// A field that may come in several lines.
struct Lines {
  std::string_view text;  // of the first one, then of all
  bool several = false;
};

// What earlier hops said of who asked. Empty: nothing that can be read.
struct Said {
  Lines chain;  // X-Forwarded-For
  Lines forwarded;
  std::string_view scheme;
  std::string_view host;
  std::string_view request_id;
  bool explain = false;
  bool has_scheme = false;  // the first line of X-Forwarded-Proto: the others say nothing
  bool has_host = false;    // of X-Forwarded-Host
  bool has_client = false;  // by its certificate
  bool by_x = false;        // X-Forwarded-For, -Proto or -Host is there
};

void hear_line(Lines& lines, std::string_view value) {
  if (lines.text.empty())
    lines.text = value;
  else
    lines.several = true;
}

// Several lines of a field as one, in memory that does not grow faster than they do.
void join_lines(Lines& lines, FieldId id, const Fields& fields, Scratch& scratch) {
  if (!lines.several) return;
  size_t size = 0;
  for (const Field& field : fields.all())
    if (field.id == id) size += field.value.size() + 2;
  char* const begin = scratch.take(size).data();
  char* end = begin;
  for (const Field& field : fields.all()) {
    if (field.id != id) continue;
    if (end != begin) end = std::ranges::copy(std::string_view(", "), end).out;
    end = std::ranges::copy(field.value, end).out;
  }
  lines.text = {begin, static_cast<size_t>(end - begin)};
}

// A field of a trusted peer: remembered to be said anew, or left where it is.
void hear(Field& field, Said& said) {
  switch (field.id) {
    case FieldId::forwarded: return hear_line(said.forwarded, field.value);
    case FieldId::x_request_id:
      if (field.value.size() <= kLongestRequestId) said.request_id = field.value;
      return;
    case FieldId::x_fairlead_explain: said.explain = field.value == "1"; return;
    case FieldId::x_client_cert:
      field.hop_by_hop = false;
      said.has_client = true;
      return;
    case FieldId::x_forwarded_other:
    case FieldId::x_fairlead_mirror:
    case FieldId::x_real_ip: field.hop_by_hop = false; return;
    case FieldId::x_forwarded_for: hear_line(said.chain, field.value); break;
    case FieldId::x_forwarded_proto:
      if (std::exchange(said.has_scheme, true)) break;
      said.scheme = scheme_of(first_of_list(field.value));
      field.hop_by_hop = said.scheme.empty();
      break;
    case FieldId::x_forwarded_host: {
      if (std::exchange(said.has_host, true)) break;
      const std::string_view host = first_of_list(field.value);
      if (wire::http1::parse_authority(host)) said.host = host;
      field.hop_by_hop = said.host.empty();
      break;
    }
    default: return;
  }
  said.by_x = true;
}

// Takes out what is to be said anew; of a trusted peer it is kept to build on.
Said take_out(Fields& fields, bool trusted, Scratch& scratch) {
  Said said;
  for (Field& field : fields.all()) {
    if (!says_who_asked(field.id)) continue;
    field.hop_by_hop = true;
    if (trusted) hear(field, said);
  }
  join_lines(said.chain, FieldId::x_forwarded_for, fields, scratch);
  join_lines(said.forwarded, FieldId::forwarded, fields, scratch);
  return said;
}

// By what a trusted peer says. One family of fields is believed. X-Forwarded-* comes first: a proxy
// that writes them and knows nothing of Forwarded passes on what a stranger wrote there.
Asker asker_of(const Ip& peer, const Said& said, std::span<const Subnet> trusted) {
  if (!said.by_x) return asker_of_forwarded(peer, said.forwarded.text, trusted);
  Asker asker{.ip = client_of_chain(peer, said.chain.text, trusted)};
  asker.scheme = said.scheme;
  asker.host = said.host;
  return asker;
}

// Appends a field of ours; false where the head is full.
bool add(Request& request, FieldId id, std::string_view name, std::string_view value) {
  return request.fields.add({.name = name, .value = value, .id = id});
}

std::string_view node_text(const Ip& ip, std::string_view text, Scratch& scratch) {
  return ip.is_v4() ? text : scratch.join({"\"[", text, "]\""});
}

// Forwarded, for peers that sent it: what is believed, and our own element behind it.
bool add_forwarded(Request& request, std::string_view believed, const Prepared& prepared,
                   const Ip& peer, std::string_view our_scheme, Scratch& scratch) {
  if (believed.empty() && prepared.client != peer) {
    // What came does not go on: it is written anew from what is known by other fields.
    believed = scratch.join({"for=", node_text(prepared.client, prepared.client_text, scratch),
                             ";proto=", prepared.scheme});
  }
  const std::string_view ours = scratch.join(
      {"for=", node_text(peer, ip_text(peer, scratch), scratch), ";proto=", our_scheme});
  return add(request, FieldId::forwarded, "forwarded",
             believed.empty() ? ours : scratch.join({believed, ", ", ours}));
}

// X-Forwarded-*, where they do not stand already. A peer on a Unix socket has no address, and none
// is made up for it.
bool add_x_forwarded(Request& request, const Said& said, const Asker& asker,
                     const Prepared& prepared, std::string_view hop, Scratch& scratch) {
  std::string_view chain = said.chain.text;
  if (chain.empty() && prepared.client_text != hop) chain = prepared.client_text;
  if (hop != kUnixClient && !add(request, FieldId::x_forwarded_for, "x-forwarded-for",
                                 chain.empty() ? hop : scratch.join({chain, ", ", hop})))
    return false;
  if (said.scheme.empty() &&
      !add(request, FieldId::x_forwarded_proto, "x-forwarded-proto", prepared.scheme))
    return false;
  const std::string_view host = asker.host.empty() ? request.authority : asker.host;
  return !said.host.empty() || host.empty() ||
         add(request, FieldId::x_forwarded_host, "x-forwarded-host", host);
}

// Who the client is by its certificate, which was verified here.
bool add_client(Request& request, const net::TlsFacts& tls) {
  return (tls.client_subject.empty() ||
          add(request, FieldId::x_client_cert, "x-client-cert-subject", tls.client_subject)) &&
         (tls.client_names.empty() ||
          add(request, FieldId::x_client_cert, "x-client-cert-san", tls.client_names));
}

}  // namespace

std::string_view client_text(const Address& peer, Scratch& scratch) {
  return peer.is_unix() ? kUnixClient : ip_text(peer.ip(), scratch);
}

std::string_view host_of(std::string_view authority, Scratch& scratch) {
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

bool tell_who_asked(Request& request, Scratch& scratch, const Reception& reception, Random& random,
                    Prepared& prepared) {
  const auto& [peer, our_scheme, trusted, tls] = reception;
  const bool is_trusted = !trusted.empty() && !peer.is_unix() && is_any_of(trusted, peer.ip());
  const Said said = take_out(request.fields, is_trusted, scratch);
  const std::string_view hop = client_text(peer, scratch);
  Asker asker{.ip = peer.ip()};
  if (is_trusted) asker = asker_of(peer.ip(), said, trusted);

  prepared.client = asker.ip;
  prepared.client_text = asker.ip == peer.ip() ? hop : ip_text(asker.ip, scratch);
  prepared.scheme = asker.scheme.empty() ? our_scheme : asker.scheme;
  prepared.explain = said.explain;
  prepared.outside_host = asker.host.empty() ? prepared.host : host_of(asker.host, scratch);
  prepared.request_id =
      said.request_id.empty() ? make_request_id(random, scratch) : said.request_id;

  if (!add(request, FieldId::x_request_id, "x-request-id", prepared.request_id) ||
      !add_x_forwarded(request, said, asker, prepared, hop, scratch) ||
      (!said.has_client && !add_client(request, tls)))
    return false;
  const std::string_view believed = asker.by_forwarded ? said.forwarded.text : "";
  return said.forwarded.text.empty() ||
         add_forwarded(request, believed, prepared, peer.ip(), our_scheme, scratch);
}

}  // namespace fairlead::http
