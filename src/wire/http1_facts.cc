#include "wire/http1_facts.h"

#include "wire/http1_chars.h"

namespace fairlead::wire::http1 {
namespace {

// Connection options that one head may carry: real ones carry one to three. Each is compared with
// every field name, so this bounds the work.
constexpr uint8_t kMostOptions = 16;

void count(uint8_t& counter) {
  if (counter < 255) ++counter;
}

// Takes the first element off a comma separated list, trimmed; it may be empty.
std::string_view next_element(std::string_view& list) {
  const size_t comma = list.find(',');
  const std::string_view element = trim_blanks(list.substr(0, comma));
  list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  return element;
}

bool is_token(std::string_view text) {
  for (const char c : text)
    if (!is_char(c, kToken)) return false;
  return !text.empty();
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

// Fields that Connection may not name. A named field is removed by the next hop. So whoever names
// one that frames (Content-Length), routes (Host, Cookie), identifies (X-Forwarded-For,
// Authorization) or steers caches makes us deliver a message that means something else than the one
// that was judged: a "hop-by-hop abuse". No honest sender does (RFC 9110 7.6.1: options must not
// correspond to fields for all recipients), so the head is refused rather than the name passed
// over.
bool is_end_to_end(std::string_view name) {
  const FieldId id = field_id(name);
  if (id > FieldId::proxy_authorization || id == FieldId::transfer_encoding) return true;
  return starts_with_ignoring_case(name, "content-") ||
         equals_ignoring_case(name, "authorization") ||
         equals_ignoring_case(name, "cache-control") || equals_ignoring_case(name, "set-cookie");
}

// RFC 9112 6.1: a coding that we do not know is 501; one that cannot frame a message is 400.
Objection judge_codings(std::string_view value) {
  if (equals_ignoring_case(value, "chunked")) return {};
  bool unknown = false;
  bool chunked = false;
  std::string_view rest = value;
  do {
    const std::string_view element = next_element(rest);
    if (chunked) return malformed("a transfer coding after chunked");
    chunked = equals_ignoring_case(element, "chunked");
    if (equals_ignoring_case(element, "identity")) return malformed("transfer-encoding: identity");
    if (!is_token(element)) return malformed("transfer-encoding cannot be read");
    unknown |= !chunked;
  } while (!rest.empty());
  if (unknown) return {Fault::unsupported_coding, "a transfer coding other than chunked"};
  return malformed("transfer-encoding cannot be read");
}

}  // namespace

std::optional<uint64_t> parse_content_length(std::string_view value) {
  // 19 digits hold 2^63 - 1 and cannot overflow 64 bits.
  if (value.empty() || value.size() > 19) return std::nullopt;
  uint64_t length = 0;
  for (const char c : value) {
    if (!is_char(c, kDigit)) return std::nullopt;
    length = length * 10 + static_cast<uint64_t>(c - '0');
  }
  if (length > INT64_MAX) return std::nullopt;
  return length;
}

void HeadFacts::remember(const Field& field) {
  switch (field.id) {
    case FieldId::host:
      count(hosts_);
      host_ = &field;
      break;
    case FieldId::content_length:
      count(lengths_);
      length_ = &field;
      break;
    case FieldId::transfer_encoding:
      count(codings_);
      coding_ = &field;
      break;
    case FieldId::connection: remember_connection(field.value); break;
    case FieldId::upgrade: upgrade_field_ |= !field.value.empty(); break;
    case FieldId::expect:
      expect_continue_ |= equals_ignoring_case(field.value, "100-continue");
      break;
    default: break;
  }
}

// Empty elements are allowed by RFC 9110 5.6.1.2; what is no token is not.
void HeadFacts::remember_connection(std::string_view value) {
  while (!value.empty()) {
    const std::string_view option = next_element(value);
    if (++options_ > kMostOptions) {
      options_ = kMostOptions;
      connection_fault_ = "too many connection options";
      return;
    }
    if (option.empty()) continue;
    const FieldId id = field_id(option);
    if (id == FieldId::keep_alive) {
      keep_alive_ = true;
    } else if (id == FieldId::upgrade) {
      upgrade_option_ = true;
    } else if (equals_ignoring_case(option, "close")) {
      close_ = true;
    } else if (!is_token(option)) {
      connection_fault_ = "connection cannot be read";
      return;
    } else if (is_end_to_end(option)) {
      connection_fault_ = "connection names a field that is not of one hop";
      return;
    } else {
      names_fields_ = true;
    }
  }
}

Objection HeadFacts::mark_named_fields(Fields& fields) const {
  if (connection_fault_ != nullptr) return malformed(connection_fault_);
  if (!names_fields_) return {};
  for (const Field& connection : fields.all()) {
    if (connection.id != FieldId::connection) continue;
    for (std::string_view rest = connection.value; !rest.empty();) {
      const std::string_view option = next_element(rest);
      for (Field& field : fields.all())
        if (equals_ignoring_case(field.name, option)) field.hop_by_hop = true;
    }
  }
  return {};
}

// Framing by the two fields alone, whoever sends them.
Objection HeadFacts::frame_body(uint8_t minor, Framing& framing, uint64_t& length) const {
  if (lengths_ > 1) return malformed("content-length is there twice");
  if (codings_ > 1) return malformed("transfer-encoding is there twice");
  if (lengths_ != 0 && codings_ != 0) return malformed("both content-length and transfer-encoding");
  if (codings_ != 0) {
    if (minor == 0) return malformed("transfer-encoding in HTTP/1.0");
    framing = Framing::chunked;
    return judge_codings(coding_->value);
  }
  const std::optional<uint64_t> value = parse_content_length(length_->value);
  if (!value) return malformed("content-length is not a length");
  framing = Framing::length;
  length = *value;
  return {};
}

Objection HeadFacts::conclude(RequestHead& head) const {
  if (Objection wrong = frame_by_fields(head.minor, head.framing, head.content_length))
    return wrong;
  head.keep_alive = keeps_alive(head.minor);
  head.upgrade = head.minor == 1 && upgrade_option_ && upgrade_field_;
  head.expect_continue = head.minor == 1 && expect_continue_;
  return mark_named_fields(head.fields);
}

Objection HeadFacts::conclude(Method request_method, ResponseHead& head) const {
  if (Objection wrong = frame_by_fields(head.minor, head.framing, head.content_length))
    return wrong;
  const Framing by_fields = head.framing;
  head.has_content_length = by_fields == Framing::length;
  const bool interim = head.status < 200;
  if (interim || head.status == 204) {
    // RFC 9110 8.6, RFC 9112 6.1: neither field may be there. Many real servers send a 204 with
    // "Content-Length: 0", which can mean one thing only.
    const bool harmless = head.status == 204 && head.has_content_length && head.content_length == 0;
    if (by_fields != Framing::none && !harmless) return malformed("a body where none may be");
    head.has_content_length = false;
  }
  const bool bodiless = interim || head.status == 204 || head.status == 304 ||
                        request_method == Method::head ||
                        (request_method == Method::connect && head.status < 300);
  if (bodiless) {
    head.framing = Framing::none;
  } else if (by_fields == Framing::none) {
    head.framing = Framing::until_close;
  }
  head.keep_alive = keeps_alive(head.minor) && head.framing != Framing::until_close;
  head.upgrade = head.status == 101;
  // RFC 9110 15.2.2: the new protocol is named, or nobody knows what the bytes behind it are.
  if (head.upgrade && !(upgrade_field_ && head.minor == 1)) return malformed("101 without upgrade");
  return mark_named_fields(head.fields);
}

}  // namespace fairlead::wire::http1
