#include "wire/http1_fields.h"

#include <algorithm>
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

// The ids of names as they are registered.
[[gnu::always_inline]] inline FieldId plain_id(std::string_view name) {
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
      if (is<"x-real-ip">(text)) return FieldId::x_real_ip;
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
      if (is<"x-client-cert-san">(text)) return FieldId::x_client_cert;
      if (is<"x-fairlead-mirror">(text)) return FieldId::x_fairlead_mirror;
      break;
    case 18:
      if (is<"proxy-authenticate">(text)) return FieldId::proxy_authenticate;
      if (is<"x-fairlead-explain">(text)) return FieldId::x_fairlead_explain;
      break;
    case 19:
      if (is<"proxy-authorization">(text)) return FieldId::proxy_authorization;
      break;
    case 21:
      if (is<"x-client-cert-subject">(text)) return FieldId::x_client_cert;
      break;
    default: break;
  }
  return FieldId::other;
}

// Of the names above that have a dash.
constexpr size_t kShortestDashed = 9;
constexpr size_t kLongestDashed = 21;
// A bit for each length that one of them has.
constexpr uint32_t kDashedLengths = 1u << 9 | 1u << 10 | 1u << 12 | 1u << 14 | 1u << 15 | 1u << 16 |
                                    1u << 17 | 1u << 18 | 1u << 19 | 1u << 21;
constexpr std::string_view kForwardedPrefix = "x-forwarded-";

bool holds_underscore(uint64_t word) {
  const uint64_t zero_where = word ^ 0x5f5f5f5f5f5f5f5f;
  return ((zero_where - 0x0101010101010101) & ~zero_where & 0x8080808080808080) != 0;
}

// Whether unusual_id() has anything to say; it may have nothing all the same. REQUIRES: at least
// kShortestDashed bytes.
[[gnu::always_inline]] inline bool may_be_unusual(std::string_view name) {
  const char* text = name.data();
  const auto first = load<uint64_t>(text);
  // Any letter in either case, and '-' or '_' (and a few others) for the dash.
  constexpr char kMayDiffer[] = "\x20\x72\x20\x20\x20\x20\x20\x20";
  const uint64_t differ = first ^ load<uint64_t>(kForwardedPrefix.data());
  if ((differ & ~load<uint64_t>(kMayDiffer)) == 0) return true;
  if (name.size() > kLongestDashed || (kDashedLengths >> name.size() & 1) == 0) return false;
  return holds_underscore(first) || holds_underscore(load<uint64_t>(text + name.size() - 8)) ||
         (name.size() > 16 && holds_underscore(load<uint64_t>(text + 8)));
}

// Of a name that plain_id() does not know.
[[gnu::noinline]] FieldId unusual_id(std::string_view name) {
  char dashed[kLongestDashed];
  const size_t size = std::min(name.size(), sizeof dashed);
  std::ranges::replace_copy(name.substr(0, size), dashed, '_', '-');
  const std::string_view begin(dashed, size);
  if (name.size() == size && plain_id(begin) != FieldId::other) return FieldId::underscored;
  if (!equals_ignoring_case(begin.substr(0, kForwardedPrefix.size()), kForwardedPrefix))
    return FieldId::other;
  return name.find('_') == name.npos ? FieldId::x_forwarded_other : FieldId::underscored;
}

}  // namespace

FieldId field_id(std::string_view name) {
  const FieldId id = plain_id(name);
  if (id != FieldId::other || name.size() < kShortestDashed || !may_be_unusual(name)) [[likely]]
    return id;
  return unusual_id(name);
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
