// What the fields of a head say together: framing, persistence, Host.
//
// The parser shows every field to HeadFacts as it reads it; at the end the rules of RFC 9112 6.3
// and RFC 9110 7.6.1 are asked once. Whatever two readers could frame differently is refused here.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "wire/http1_head.h"

namespace fairlead::wire::http1 {

// Why a head is refused; nothing where `fault` is none.
struct Objection {
  Fault fault = Fault::none;
  const char* detail = "";
  explicit operator bool() const { return fault != Fault::none; }
};

inline Objection malformed(const char* detail) { return {Fault::malformed, detail}; }

class HeadFacts {
 public:
  // The field stays where it is until conclude(). Cost: nothing for fields that it does not know.
  void observe(const Field& field) {
    if (field.id == FieldId::other || field.id > FieldId::expect) return;
    remember(field);
  }

  // Sets what Connection and the framing fields decide, and marks the fields that Connection names.
  Objection conclude(RequestHead& head) const;
  Objection conclude(Method request_method, ResponseHead& head) const;

  size_t hosts() const { return hosts_; }
  // The last one. REQUIRES: hosts() > 0.
  std::string_view host() const { return host_->value; }

 private:
  void remember(const Field& field);
  void remember_connection(std::string_view value);
  Objection frame_by_fields(uint8_t minor, Framing& framing, uint64_t& length) const {
    framing = Framing::none;
    length = 0;
    if ((lengths_ | codings_) == 0) return {};
    return frame_body(minor, framing, length);
  }
  Objection frame_body(uint8_t minor, Framing& framing, uint64_t& length) const;
  Objection mark_named_fields(Fields& fields) const;
  bool keeps_alive(uint8_t minor) const { return !close_ && (minor == 1 || keep_alive_); }

  uint8_t hosts_ = 0, lengths_ = 0, codings_ = 0;  // how many of each; 255 stands for more
  uint8_t options_ = 0;                            // of Connection, over all of its fields
  bool close_ = false, keep_alive_ = false, upgrade_option_ = false, names_fields_ = false;
  bool upgrade_field_ = false, expect_continue_ = false;
  const char* connection_fault_ = nullptr;
  // The last of each. Not copies of their values: those would be loads that stall on fresh stores.
  const Field *host_ = nullptr, *length_ = nullptr, *coding_ = nullptr;
};

// The value of a Content-Length: digits alone, at most 2^63 - 1 (what every peer can hold).
std::optional<uint64_t> parse_content_length(std::string_view value);

}  // namespace fairlead::wire::http1
