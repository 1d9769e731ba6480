// The start lines and the order of the work; rules about fields are in http1_facts.cc, about
// targets in http1_target.cc.
//
// Both heads are read line by line, each line in the order of its bytes; so what is reported is a
// property of the bytes, however they were split. A head that comes in pieces is judged a line at a
// time and read once more when its last byte is there, because the pieces may have moved.
#include "wire/http1_head.h"

#include <algorithm>

#include "wire/http1_chars.h"
#include "wire/http1_facts.h"
#include "wire/http1_field_line.h"
#include "wire/http1_scan.h"
#include "wire/http1_target.h"

namespace fairlead::wire::http1 {
namespace {

// Longest method: twice the longest one registered (UPDATEREDIRECTREF, 17).
constexpr size_t kMostMethodBytes = 32;
constexpr size_t kVersionBytes = 8;  // "HTTP/1.1"

Parsed refuse(Objection wrong) {
  return {.state = Parsed::State::fault, .fault = wrong.fault, .detail = wrong.detail};
}

// RFC 9112 2.3: case-sensitive. REQUIRES: text has kVersionBytes.
Objection read_version(std::string_view text, uint8_t& minor) {
  if (text == "HTTP/1.1") [[likely]] {
    minor = 1;
    return {};
  }
  if (!text.starts_with("HTTP/") || !is_char(text[5], kDigit) || text[6] != '.' ||
      !is_char(text[7], kDigit)) {
    return malformed("the version cannot be read");
  }
  if (text != "HTTP/1.0") return {Fault::unsupported_version, "not HTTP/1.0 or 1.1"};
  minor = 0;
  return {};
}

// The line stands at [begin, end) and holds no control. One space between its parts, no more.
Objection read_start_line(Scan& scan, size_t begin, size_t end, RequestHead& head) {
  const std::string_view bytes = scan.bytes();
  const size_t method_end = scan.next(Stop::not_token, begin);
  if (method_end == begin || bytes[method_end] != ' ' || method_end - begin > kMostMethodBytes)
    return malformed("the method cannot be read");
  const size_t target = method_end + 1;
  size_t target_end = scan.next(Stop::not_target, target);
  size_t query_at = std::string_view::npos;
  if (bytes[target_end] == '?') {
    query_at = target_end - target;
    while (bytes[target_end] == '?') target_end = scan.next(Stop::not_target, target_end + 1);
  }
  if (target_end == target || bytes[target_end] != ' ')
    return malformed("the target cannot be read, or no version behind it");
  if (end - (target_end + 1) != kVersionBytes) return malformed("the version cannot be read");
  if (Objection wrong = read_version(bytes.substr(target_end + 1, kVersionBytes), head.minor))
    return wrong;
  head.method_text = bytes.substr(begin, method_end - begin);
  head.method = method_of(head.method_text);
  head.target = bytes.substr(target, target_end - target);
  return read_target(head, query_at);
}

// RFC 9112 4: the reason may be missing; some servers then leave out the space, too.
Objection read_start_line(Scan& scan, size_t begin, size_t end, ResponseHead& head) {
  constexpr size_t kStatusAt = kVersionBytes + 1;
  const std::string_view line = scan.bytes().substr(begin, end - begin);
  if (line.size() < kStatusAt + 3 || line[kVersionBytes] != ' ')
    return malformed("the status line cannot be read");
  if (Objection wrong = read_version(line.substr(0, kVersionBytes), head.minor)) return wrong;
  unsigned status = 0;
  for (size_t i = kStatusAt; i < kStatusAt + 3; ++i) {
    if (!is_char(line[i], kDigit)) return malformed("the status is not a number");
    status = status * 10 + static_cast<unsigned>(line[i] - '0');
  }
  if (status < 100 || status > 599) return malformed("the status is not 100 to 599");
  if (line.size() > kStatusAt + 3 && line[kStatusAt + 3] != ' ')
    return malformed("the status line cannot be read");
  head.status = static_cast<uint16_t>(status);
  head.reason = line.substr(std::min(line.size(), kStatusAt + 4));
  return {};
}

Objection conclude(const HeadFacts& facts, Method, RequestHead& head) {
  if (Objection wrong = read_host(head, facts)) return wrong;
  return facts.conclude(head);
}

Objection conclude(const HeadFacts& facts, Method request_method, ResponseHead& head) {
  return facts.conclude(request_method, head);
}

// RFC 9112 2.2: one empty line before a request line is read over, for old clients' sake.
size_t leading_line(std::string_view bytes, const RequestHead&) {
  return bytes.starts_with("\r\n") ? 2 : 0;
}
size_t leading_line(std::string_view, const ResponseHead&) { return 0; }

}  // namespace

Method method_of(std::string_view text) {
  switch (text.size()) {
    case 3: return text == "GET" ? Method::get : text == "PUT" ? Method::put : Method::other;
    case 4: return text == "POST" ? Method::post : text == "HEAD" ? Method::head : Method::other;
    case 5:
      return text == "PATCH" ? Method::patch : text == "TRACE" ? Method::trace : Method::other;
    case 6: return text == "DELETE" ? Method::delete_ : Method::other;
    case 7:
      return text == "OPTIONS"   ? Method::options
             : text == "CONNECT" ? Method::connect
                                 : Method::other;
    default: return Method::other;
  }
}

bool is_idempotent(Method method) {
  switch (method) {
    case Method::get:
    case Method::head:
    case Method::put:
    case Method::delete_:
    case Method::options:
    case Method::trace: return true;
    default: return false;
  }
}

Parsed HeadParser::parse(std::string_view bytes, RequestHead& head) {
  return parse_head(bytes, Method::other, head);
}

Parsed HeadParser::parse(std::string_view bytes, Method request_method, ResponseHead& head) {
  return parse_head(bytes, request_method, head);
}

// A look at the lines that were not complete before; and, when they are and began in the middle,
// one at everything.
template <typename Head>
Parsed HeadParser::parse_head(std::string_view bytes, Method request_method, Head& head) {
  // Bytes behind the limit are not looked at: what is reported never depends on them.
  const std::string_view seen = bytes.substr(0, limits_.max_head);
  Parsed parsed;
  do {
    parsed = parse_lines(seen, request_method, head);
    if (parsed.state != Parsed::State::complete) break;
    reset();
  } while (resumed_);
  if (parsed.state == Parsed::State::incomplete && seen.size() == limits_.max_head)
    return refuse(line_ == 0 ? Objection{Fault::line_too_long, "the start line is too long"}
                             : Objection{Fault::head_too_large, "the head is too long"});
  return parsed;
}

template <typename Head>
[[gnu::always_inline]] inline Parsed HeadParser::parse_lines(std::string_view bytes,
                                                             Method request_method, Head& head) {
  Scan scan(bytes);
  resumed_ = line_ != 0;
  head.fields.clear();
  if (!resumed_) {
    const Parsed start = parse_start_line(scan, head);
    if (start.state != Parsed::State::complete) return start;
    line_ = static_cast<uint32_t>(start.size);
    looked_ = 0;
    known_fields_ = 0;
  }
  HeadFacts facts;
  const Parsed parsed = parse_fields(scan, facts, head.fields);
  if (parsed.state != Parsed::State::complete || resumed_) return parsed;
  if (const Objection wrong = conclude(facts, request_method, head)) return refuse(wrong);
  return parsed;
}

// Complete: `size` is where the fields begin.
template <typename Head>
[[gnu::always_inline]] inline Parsed HeadParser::parse_start_line(Scan& scan, Head& head) {
  const std::string_view bytes = scan.bytes();
  const size_t begin = leading_line(bytes, head);
  const size_t from = std::max<size_t>(begin, looked_);
  const size_t end = scan.next(Stop::not_text, from);
  if (end - begin > limits_.max_line)
    return refuse({Fault::line_too_long, "the start line is too long"});
  if (!bytes.substr(end).starts_with("\r\n")) [[unlikely]] {
    const OtherLine line = read_line_end(bytes, end);
    if (line.state == OtherLine::State::fault) return refuse(malformed(line.detail));
    looked_ = static_cast<uint32_t>(line.next);
    return {};
  }
  if (const Objection wrong = read_start_line(scan, begin, end, head)) return refuse(wrong);
  return {.state = Parsed::State::complete, .size = end + 2};
}

// From line_ on.
[[gnu::always_inline]] inline Parsed HeadParser::parse_fields(Scan& scan, HeadFacts& facts,
                                                              Fields& fields) {
  const size_t most = std::min<size_t>(limits_.max_fields, kMostFields) - known_fields_;
  Field surplus;
  size_t at = line_;
  size_t looked = looked_;
  while (true) {
    Field& field = fields.size() < most ? fields.spare() : surplus;
    if (const size_t next = read_field(scan, at, looked, field); next != 0) [[likely]] {
      if (&field == &surplus) return refuse({Fault::head_too_large, "too many fields"});
      fields.keep_spare();
      facts.observe(field);
      at = next;
      looked = 0;
      continue;
    }
    if (scan.bytes().substr(at).starts_with("\r\n")) [[likely]]
      return {.state = Parsed::State::complete, .size = at + 2};
    const OtherLine line = read_other_line(scan, at, looked);
    if (line.state == OtherLine::State::fault) return refuse(malformed(line.detail));
    line_ = static_cast<uint32_t>(at);
    looked_ = static_cast<uint32_t>(line.next);
    known_fields_ = static_cast<uint16_t>(known_fields_ + fields.size());
    return {};
  }
}

}  // namespace fairlead::wire::http1
