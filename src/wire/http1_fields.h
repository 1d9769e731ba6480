// Fields of an HTTP/1 head: names and values as views, in the order sent, with the ids of the names
// that a proxy acts on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace fairlead::wire::http1 {

// The names that somebody in Fairlead looks for; everything else is `other` and passed through.
enum class FieldId : uint8_t {
  other,
  connection,
  keep_alive,
  proxy_connection,
  te,
  trailer,
  transfer_encoding,
  upgrade,  // hop by hop
  proxy_authenticate,
  proxy_authorization,
  host,
  content_length,
  content_type,
  expect,
  via,
  date,
  server,
  forwarded,
  x_forwarded_for,
  x_forwarded_proto,
  x_forwarded_host,
  x_forwarded_other,  // x-forwarded-port and whatever else begins so
  x_real_ip,
  x_request_id,
  x_client_cert,       // -subject and -san: who the client is by its certificate
  x_fairlead_explain,  // whether a proxy in front wants to know why
  x_fairlead_mirror,   // whether it is the copy of a request, of which nobody reads the response
  underscored,  // one of these with '_' where it has '-': the same name for who reads as CGI does
  cookie,
  user_agent,
  referer,
};

// Whether it tells who asked, how and as what: what a proxy in front says, and anybody may write.
constexpr bool says_who_asked(FieldId id) {
  return id >= FieldId::forwarded && id <= FieldId::underscored;
}

// The id of a name in any case. Cost: one switch on the length, at most four comparisons, and for
// a name that is none of them a look at two or three words for an underscore.
FieldId field_id(std::string_view name);

struct Field {
  std::string_view name;   // as sent, any case
  std::string_view value;  // without white space around it
  FieldId id = FieldId::other;
  bool hop_by_hop = false;  // by RFC 9110 7.6.1: of the list above, or named by Connection
  bool parsed = false;      // read by HeadParser: its bytes are known to be clean
};

inline constexpr size_t kMostFields = 256;

// A bounded list without allocation: the owner is reused, the bytes behind size() are not touched.
class Fields {
 public:
  void clear() { size_ = 0; }
  // False when kMostFields are there already.
  bool add(const Field& field) {
    if (size_ == kMostFields) return false;
    fields_[size_++] = field;
    return true;
  }
  // The place of one more field, to be filled and then kept. For the parser: a field that is put
  // together elsewhere and copied costs a stalled load each time. REQUIRES: size() < kMostFields.
  Field& spare() { return fields_[size_]; }
  void keep_spare() { ++size_; }
  // Drops what stands behind the first `size`.
  void shorten(size_t size) { size_ = static_cast<uint32_t>(size); }
  std::span<const Field> all() const { return {fields_.data(), size_}; }
  std::span<Field> all() { return {fields_.data(), size_}; }
  size_t size() const { return size_; }
  // The first of that id; nothing where there is none.
  std::optional<std::string_view> find(FieldId id) const;
  // The first of that name, compared without case.
  std::optional<std::string_view> find(std::string_view lower_case_name) const;

 private:
  uint32_t size_ = 0;
  std::array<Field, kMostFields> fields_;
};

// ASCII case folding, no locale.
bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace fairlead::wire::http1
