#include "wire/http1_fields.h"

#include <cstring>

#include "wire/http1_chars.h"

namespace fairlead::wire::http1 {
namespace {

template <size_t N>
struct Name {
  char text[N];
  consteval Name(const char (&literal)[N]) {
    for (size_t i = 0; i < N; ++i) text[i] = literal[i];
  }
};

template <typename Word>
inline Word load(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// The bits in which two words differ, apart from the case of letters. Names that we know hold
// letters and '-' alone, and of those only letters have the bit 0x40.
template <typename Word>
inline Word difference(const char* text, const char* lower_case) {
  const Word wanted = load<Word>(lower_case);
  const auto may_differ = static_cast<Word>((wanted >> 1) & static_cast<Word>(0x2020202020202020u));
  return static_cast<Word>((load<Word>(text) ^ wanted) & static_cast<Word>(~may_differ));
}

// Compares as two words, which overlap where the length is between two sizes of words.
// REQUIRES: as many bytes at `text` as the name has.
template <Name kName>
[[gnu::always_inline]] inline bool is(const char* text) {
  constexpr size_t size = sizeof kName.text - 1;
  const char* name = kName.text;
  if constexpr (size > 16) {
    if (difference<uint64_t>(text + 8, name + 8) != 0) return false;
  }
  if constexpr (size >= 8) {
    return (difference<uint64_t>(text, name) |
            difference<uint64_t>(text + size - 8, name + size - 8)) == 0;
  } else if constexpr (size >= 4) {
    return (difference<uint32_t>(text, name) |
            difference<uint32_t>(text + size - 4, name + size - 4)) == 0;
  } else {
    return (difference<uint16_t>(text, name) |
            difference<uint16_t>(text + size - 2, name + size - 2)) == 0;
  }
}

}  // namespace

FieldId field_id(std::string_view name) {
  const char* text = name.data();
  switch (name.size()) {
    case 2:
      if (is<"te">(text)) return FieldId::te;
      break;
    case 3:
      if (is<"via">(text)) return FieldId::via;
      break;
    case 4:
      if (is<"host">(text)) return FieldId::host;
      if (is<"date">(text)) return FieldId::date;
      break;
    case 6:
      if (is<"cookie">(text)) return FieldId::cookie;
      if (is<"server">(text)) return FieldId::server;
      if (is<"expect">(text)) return FieldId::expect;
      break;
    case 7:
      if (is<"referer">(text)) return FieldId::referer;
      if (is<"upgrade">(text)) return FieldId::upgrade;
      if (is<"trailer">(text)) return FieldId::trailer;
      break;
    case 9:
      if (is<"forwarded">(text)) return FieldId::forwarded;
      break;
    case 10:
      if (is<"connection">(text)) return FieldId::connection;
      if (is<"user-agent">(text)) return FieldId::user_agent;
      if (is<"keep-alive">(text)) return FieldId::keep_alive;
      break;
    case 12:
      if (is<"content-type">(text)) return FieldId::content_type;
      if (is<"x-request-id">(text)) return FieldId::x_request_id;
      break;
    case 14:
      if (is<"content-length">(text)) return FieldId::content_length;
      break;
    case 15:
      if (is<"x-forwarded-for">(text)) return FieldId::x_forwarded_for;
      break;
    case 16:
      if (is<"x-forwarded-host">(text)) return FieldId::x_forwarded_host;
      if (is<"proxy-connection">(text)) return FieldId::proxy_connection;
      break;
    case 17:
      if (is<"transfer-encoding">(text)) return FieldId::transfer_encoding;
      if (is<"x-forwarded-proto">(text)) return FieldId::x_forwarded_proto;
      break;
    case 18:
      if (is<"proxy-authenticate">(text)) return FieldId::proxy_authenticate;
      if (is<"x-fairlead-explain">(text)) return FieldId::x_fairlead_explain;
      break;
    case 19:
      if (is<"proxy-authorization">(text)) return FieldId::proxy_authorization;
      break;
    default: break;
  }
  return FieldId::other;
}

std::optional<std::string_view> Fields::find(FieldId id) const {
  for (const Field& field : all())
    if (field.id == id) return field.value;
  return std::nullopt;
}

std::optional<std::string_view> Fields::find(std::string_view lower_case_name) const {
  for (const Field& field : all())
    if (equals_ignoring_case(field.name, lower_case_name)) return field.value;
  return std::nullopt;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  return true;
}

}  // namespace fairlead::wire::http1
