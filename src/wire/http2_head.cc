#include "wire/http2_head.h"

#include <algorithm>

#include "wire/http1_chars.h"
#include "wire/http1_target.h"
#include "wire/http1_write.h"

namespace fairlead::wire::http2 {

using http1::Field;
using http1::FieldId;
using http1::Framing;
using http1::HeadFacts;
using http1::malformed;
using http1::Method;

namespace {

constexpr bool is_of_one_connection(FieldId id) {
  return id == FieldId::connection || id == FieldId::keep_alive ||
         id == FieldId::proxy_connection || id == FieldId::transfer_encoding ||
         id == FieldId::upgrade;
}

// Marks what is not passed on, and refuses what may not be there at all.
Objection look_at(http1::Fields& fields, HeadFacts& facts) {
  for (Field& field : fields.all()) {
    if (is_of_one_connection(field.id))
      return malformed("a field of one connection, which HTTP/2 has not");
    field.hop_by_hop = field.id != FieldId::other && field.id <= FieldId::upgrade;
    facts.observe(field);
  }
  return {};
}

bool is_target(std::string_view path) {
  return std::ranges::all_of(path,
                             [](char c) { return http1::is_char(c, http1::kTarget) || c == '?'; });
}

Objection read_websocket(const PseudoFields& pseudo, RequestHead& head) {
  if (pseudo.method != "CONNECT") return malformed(":protocol without CONNECT");
  if (pseudo.protocol != "websocket")
    return {http1::Fault::unsupported_protocol, "extended CONNECT for anything but websocket"};
  head.method = Method::get;
  head.method_text = "GET";
  if (!head.fields.add({.name = "upgrade",
                        .value = "websocket",
                        .id = FieldId::upgrade,
                        .hop_by_hop = true,
                        .parsed = true}))
    return {http1::Fault::head_too_large, "too many fields"};
  // What follows is for the other end of the tunnel, once there is one.
  if (head.framing == Framing::length) return malformed("a tunnel has no content-length");
  head.framing = Framing::none;
  head.upgrade = true;
  return {};
}

}  // namespace

Objection conclude(const PseudoFields& pseudo, bool ends, RequestHead& head) {
  head.method = http1::method_of(pseudo.method);
  head.method_text = pseudo.method;
  head.minor = 1;
  head.scheme = {};
  head.authority = {};
  const bool is_plain_connect = head.method == Method::connect && pseudo.protocol.empty();
  head.target = is_plain_connect ? pseudo.authority : pseudo.path;
  const bool is_web = http1::equals_ignoring_case(pseudo.scheme, "https") ||
                      http1::equals_ignoring_case(pseudo.scheme, "http");
  if (!is_web && !is_plain_connect) return malformed(":scheme is neither http nor https");
  if (head.target.empty() || !is_target(head.target)) return malformed(":path cannot be read");
  HeadFacts facts;
  if (const Objection wrong = look_at(head.fields, facts)) return wrong;
  if (const Objection wrong = facts.conclude(head)) return wrong;
  head.keep_alive = true;
  head.upgrade = false;
  if (ends && head.framing == Framing::length && head.content_length > 0)
    return malformed("content-length, and no body");
  if (!ends && head.framing == Framing::none) head.framing = Framing::chunked;
  const bool is_websocket = !pseudo.protocol.empty();
  if (is_websocket) {
    if (const Objection wrong = read_websocket(pseudo, head)) return wrong;
  }
  if (const Objection wrong = http1::read_target(head, head.target.find('?'))) return wrong;
  if (head.form == http1::TargetForm::absolute) return malformed(":path is no path");
  head.authority = http1::without_empty_port(pseudo.authority);
  if (facts.hosts() > 1) return malformed("host is there twice");
  if (facts.hosts() == 1) {
    // RFC 9113 8.3.1: they may not differ. Two readers would route by two names.
    const std::string_view host = http1::without_empty_port(facts.host());
    if (!head.authority.empty() && !http1::equals_ignoring_case(head.authority, host))
      return malformed("host is not :authority");
    head.authority = host;
  }
  if (head.authority.empty()) return malformed("no :authority");
  if (!http1::parse_authority(head.authority)) return malformed(":authority cannot be read");
  return {};
}

Objection conclude(Method request_method, uint16_t status, bool ends, ResponseHead& head) {
  head.status = status;
  head.reason = http1::reason_of(status);
  head.minor = 1;
  if (status == 101) return malformed("101 over HTTP/2");
  HeadFacts facts;
  if (const Objection wrong = look_at(head.fields, facts)) return wrong;
  if (const Objection wrong = facts.conclude(request_method, head)) return wrong;
  head.keep_alive = true;
  if (ends && head.framing == Framing::length && head.content_length > 0)
    return malformed("content-length, and no body");
  // The end of a body is a frame, whatever its length.
  if (head.framing == Framing::until_close) head.framing = ends ? Framing::none : Framing::chunked;
  return {};
}

uint16_t read_status(std::string_view text) {
  if (text.size() != 3) return 0;
  uint16_t status = 0;
  for (const char c : text) {
    if (!http1::is_char(c, http1::kDigit)) return 0;
    status = static_cast<uint16_t>(status * 10 + (c - '0'));
  }
  return status >= 100 && status <= 599 ? status : uint16_t{0};
}

bool may_be_sent(const Field& field) {
  return !field.hop_by_hop && !is_of_one_connection(field.id) && field.id != FieldId::te &&
         field.id != FieldId::trailer && field.id != FieldId::host &&
         field.id != FieldId::content_length;
}

}  // namespace fairlead::wire::http2
