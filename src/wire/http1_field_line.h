// One line of a field section: of a head, or of the trailers of a chunked body.
//
// The same strict rules for both: a name of token bytes, a colon right behind it, a value without
// controls, CRLF. Refused: obs-fold (RFC 9112 5.2), white space before the colon (5.1), empty
// names.
#pragma once

#include <algorithm>
#include <cstddef>

#include "wire/http1_chars.h"
#include "wire/http1_fields.h"
#include "wire/http1_scan.h"

namespace fairlead::wire::http1 {

// A line that is no field: the empty line, one that is not complete, or a wrong one.
struct OtherLine {
  enum class State : uint8_t { end, incomplete, fault };
  State state = State::incomplete;
  size_t next = 0;          // end: where the next line begins; incomplete: how far was looked
  const char* detail = "";  // fault
};

// Longest name of a field in bytes: four times the longest one registered; so a name that arrives
// byte by byte is cheap to look at again.
inline constexpr size_t kMostNameBytes = 256;

// Where a line ends: CRLF and nothing else. `end` is the first byte that is no text.
OtherLine read_line_end(std::string_view bytes, size_t end);

// What the line at `begin` is, given that read_field() says it is no field. Of an earlier look at
// the same line, `looked` is how far it got, so that no value is read again and again.
OtherLine read_other_line(Scan& scan, size_t begin, size_t looked);

// Reads the field whose line begins at `begin` as a view of the bytes, and gives where the next
// line begins; 0 when there is no whole and right field. `field` is filled in place, and faults are
// found out elsewhere, because this is the innermost loop of a head.
[[gnu::always_inline]] inline size_t read_field(Scan& scan, size_t begin, size_t looked,
                                                Field& field) {
  const std::string_view bytes = scan.bytes();
  const size_t name_end = scan.next(Stop::not_token, begin);
  const size_t name_size = name_end - begin;
  if (name_end == bytes.size() || bytes[name_end] != ':') [[unlikely]]
    return 0;
  if (name_size - 1 >= kMostNameBytes) [[unlikely]]
    return 0;  // also an empty one
  const size_t end = scan.next(Stop::not_text, std::max(name_end + 1, looked));
  if (bytes.size() - end < 2 || bytes[end] != '\r' || bytes[end + 1] != '\n') [[unlikely]]
    return 0;
  field.name = {bytes.data() + begin, name_size};
  field.value = trim_blanks({bytes.data() + name_end + 1, end - name_end - 1});
  field.id = field_id(field.name);
  field.hop_by_hop = field.id >= FieldId::connection && field.id <= FieldId::proxy_authorization;
  return end + 2;
}

}  // namespace fairlead::wire::http1
