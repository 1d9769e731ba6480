#include "wire/http1_glimpse.h"

#include <algorithm>

#include "wire/http1_chars.h"
#include "wire/http1_fields.h"

namespace fairlead::wire::http1 {
namespace {

constexpr std::string_view kLineEnds = "\r\n";

// Up to the first of `stops`, which is taken off too; nothing of it is given beyond `most` bytes.
std::string_view take_up_to(std::string_view& rest, std::string_view stops, size_t most) {
  const size_t end = rest.find_first_of(stops);
  const std::string_view word = rest.substr(0, end);
  rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  return word.substr(0, most);
}

}  // namespace

Glimpse glimpse(std::string_view bytes) {
  bytes = bytes.substr(0, kMostGlimpsed);
  bytes.remove_prefix(std::min(bytes.find_first_not_of(kLineEnds), bytes.size()));
  Glimpse seen;
  std::string_view line = take_up_to(bytes, kLineEnds, bytes.size());
  seen.method = take_up_to(line, " \t", kMostGlimpsedMethod);
  seen.target = take_up_to(line, " \t", kMostGlimpsedTarget);
  while (!bytes.empty()) {
    line = take_up_to(bytes, kLineEnds, bytes.size());
    const std::string_view name = trim_blanks(line.substr(0, line.find(':')));
    if (name.size() == line.size() || field_id(name) != FieldId::host) continue;
    seen.host = trim_blanks(line.substr(line.find(':') + 1)).substr(0, kMostGlimpsedHost);
    break;
  }
  return seen;
}

}  // namespace fairlead::wire::http1
