// The rare lines: empty, incomplete, wrong.
#include "wire/http1_field_line.h"

namespace fairlead::wire::http1 {
namespace {

using State = OtherLine::State;

const char* explain_name(char at_fault, bool at_begin) {
  if (at_fault == '\n') return "a line ends with LF, not CRLF";
  if (at_fault == '\r') return "a line without a colon";
  if (is_blank(at_fault))
    return at_begin ? "a line begins with white space" : "white space before a colon";
  if (at_fault == ':') return "a field without a name";
  return "a field name holds a wrong character";
}

}  // namespace

OtherLine read_line_end(std::string_view bytes, size_t end) {
  if (end == bytes.size()) return {.state = State::incomplete, .next = end};
  if (bytes[end] == '\n') return {.state = State::fault, .detail = "a line ends with LF, not CRLF"};
  if (bytes[end] != '\r') return {.state = State::fault, .detail = "a control character in a line"};
  if (end + 1 == bytes.size()) return {.state = State::incomplete, .next = end};
  if (bytes[end + 1] != '\n') return {.state = State::fault, .detail = "CR without LF"};
  return {.state = State::end, .next = end + 2};
}

OtherLine read_other_line(Scan& scan, size_t begin, size_t looked) {
  const std::string_view bytes = scan.bytes();
  const size_t name_end = scan.next(Stop::not_token, begin);
  if (name_end - begin > kMostNameBytes)
    return {.state = State::fault, .detail = "a field name is too long"};
  if (name_end == bytes.size()) return {.state = State::incomplete, .next = begin};
  if (bytes[begin] == '\r') return read_line_end(bytes, begin);
  if (bytes[name_end] != ':' || name_end == begin)
    return {.state = State::fault, .detail = explain_name(bytes[name_end], name_end == begin)};
  return read_line_end(bytes, scan.next(Stop::not_text, std::max(name_end + 1, looked)));
}

}  // namespace fairlead::wire::http1
