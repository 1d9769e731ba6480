#include "wire/http1_target.h"

#include "base/address.h"
#include "wire/http1_chars.h"

namespace fairlead::wire::http1 {
namespace {

constexpr size_t kNone = std::string_view::npos;

// How many bytes at the start of the text may stand in a name; four at a time, since every request
// with a Host comes here.
size_t name_size(std::string_view text) {
  const auto classes = [&](size_t at) { return detail::kClasses[static_cast<uint8_t>(text[at])]; };
  size_t size = 0;
  while (text.size() - size >= 4 &&
         (classes(size) & classes(size + 1) & classes(size + 2) & classes(size + 3) & kHost) != 0) {
    size += 4;
  }
  while (size < text.size() && is_char(text[size], kHost)) ++size;
  return size;
}

// The length of the host at the start of an authority; 0 for a wrong one.
size_t host_size(std::string_view text) {
  if (text.empty() || text.front() != '[') return name_size(text);
  const size_t close = text.find(']');
  // The longest textual IPv6 address has 45 bytes (RFC 4291 2.2, with a dotted tail).
  if (close == kNone || close > 46) return 0;
  const std::string_view inside = text.substr(1, close - 1);
  if (inside.find(':') == kNone || !Ip::parse(inside)) return 0;
  return close + 1;
}

std::optional<uint16_t> parse_port(std::string_view digits) {
  if (digits.empty() || digits.size() > 5) return std::nullopt;
  uint32_t port = 0;
  for (const char c : digits) {
    if (!is_char(c, kDigit)) return std::nullopt;
    port = port * 10 + static_cast<uint32_t>(c - '0');
  }
  if (port > UINT16_MAX) return std::nullopt;
  return static_cast<uint16_t>(port);
}

// Whether two authorities lead to the same place under one scheme: "a" and "a:80" do under http.
bool same_place(const Authority& a, const Authority& b, bool https) {
  const uint16_t usual = https ? 443 : 80;
  return equals_ignoring_case(a.host, b.host) && a.port.value_or(usual) == b.port.value_or(usual);
}

bool is_https(std::string_view scheme) { return scheme.size() == 5; }

// The length of "http" or "https" before "://"; 0 for anything else.
size_t scheme_size(std::string_view target) {
  if (equals_ignoring_case(target.substr(0, 7), "http://")) return 4;
  if (equals_ignoring_case(target.substr(0, 8), "https://")) return 5;
  return 0;
}

void split_query(RequestHead& head, size_t query_at) {
  head.has_query = query_at != kNone;
  if (head.has_query) head.query = head.target.substr(query_at + 1);
}

Objection read_absolute(RequestHead& head, size_t query_at) {
  const size_t scheme = scheme_size(head.target);
  if (scheme == 0) return malformed("the target is neither a path nor an http URI");
  const std::string_view before_query = head.target.substr(0, query_at);
  const size_t begin = scheme + 3;
  const size_t path_at = before_query.find('/', begin);
  head.form = TargetForm::absolute;
  head.scheme = head.target.substr(0, scheme);
  head.authority =
      before_query.substr(begin, path_at == kNone ? before_query.size() - begin : path_at - begin);
  head.path = path_at == kNone ? "/" : before_query.substr(path_at);
  if (!parse_authority(head.authority)) return malformed("the target has a wrong authority");
  head.authority = without_empty_port(head.authority);
  if (head.method == Method::options && path_at == kNone && !head.has_query) {
    // RFC 9112 3.2.4: the last proxy asks the server as a whole.
    head.form = TargetForm::asterisk;
    head.path = "*";
  }
  return {};
}

Objection read_connect(RequestHead& head) {
  const std::optional<Authority> authority = parse_authority(head.target);
  if (!authority || !authority->port) return malformed("CONNECT wants host:port");
  head.form = TargetForm::authority;
  head.authority = head.target;
  head.path = {};
  return {};
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) {
  const size_t size = host_size(text);
  if (size == 0) return std::nullopt;
  Authority authority{.host = text.substr(0, size), .port = std::nullopt};
  if (size == text.size()) return authority;
  if (text[size] != ':') return std::nullopt;
  if (size + 1 == text.size()) return authority;
  authority.port = parse_port(text.substr(size + 1));
  if (!authority.port) return std::nullopt;
  return authority;
}

Objection read_target(RequestHead& head, size_t query_at) {
  head.scheme = head.authority = head.query = {};
  split_query(head, query_at);
  if (head.method == Method::connect) return read_connect(head);
  if (head.target.front() == '/') {
    head.form = TargetForm::origin;
    head.path = head.target.substr(0, query_at);
    return {};
  }
  if (head.target != "*") return read_absolute(head, query_at);
  if (head.method != Method::options) return malformed("the target * is for OPTIONS alone");
  head.form = TargetForm::asterisk;
  head.path = head.target;
  return {};
}

Objection read_host(RequestHead& head, const HeadFacts& facts) {
  if (facts.hosts() > 1) return malformed("host is there twice");
  if (facts.hosts() == 0) {
    // RFC 9112 3.2: HTTP/1.0 may lack it.
    return head.minor == 0 ? Objection{} : malformed("host is missing");
  }
  const std::optional<Authority> host = parse_authority(facts.host());
  if (!host) return malformed("host is not a host");
  if (head.authority.empty()) {
    head.authority = without_empty_port(facts.host());
    return {};
  }
  // RFC 9112 3.2.2 lets the target win over Host. A reader that goes by Host would then route
  // elsewhere, so both must agree. CONNECT names where the tunnel ends, which Host need not repeat.
  if (head.method == Method::connect) return {};
  const std::optional<Authority> target = parse_authority(head.authority);
  if (!same_place(*host, *target, is_https(head.scheme)))
    return malformed("host and target differ");
  return {};
}

}  // namespace fairlead::wire::http1
