#include "wire/http1_write.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "wire/http1_chars.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace fairlead::wire::http1 {
namespace {

constexpr bool breaks_line(char c) { return c == '\r' || c == '\n' || c == '\0'; }

#if defined(__x86_64__)
// REQUIRES: 16 bytes.
inline bool vector_breaks_line(const char* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i ends = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r')),
                                    _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
  return _mm_movemask_epi8(_mm_or_si128(ends, _mm_cmpeq_epi8(bytes, _mm_setzero_si128()))) != 0;
}
#endif

struct Reason {
  uint16_t status;
  std::string_view text;
};

// RFC 9110 15 and the registry it founds. In order.
constexpr Reason kReasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
    {511, "Network Authentication Required"},
};
static_assert(std::ranges::is_sorted(kReasons, {}, &Reason::status));

bool is_one_word(std::string_view text) {
  return !text.empty() && text.find(' ') == std::string_view::npos;
}

}  // namespace

// A head with a fault takes nothing more: all of its room is gone.
void HeadWriter::refuse() {
  if (fault_ == WriteFault::none) fault_ = WriteFault::refused;
  end_ = at_;
}

void HeadWriter::overflow() {
  if (fault_ == WriteFault::none) fault_ = WriteFault::overflow;
  end_ = at_;
}

bool HeadWriter::is_clean(std::string_view text) {
#if defined(__x86_64__)
  if (text.size() >= 16) {
    const size_t last = text.size() - 16;
    for (size_t at = 0; at < last; at += 16)
      if (vector_breaks_line(text.data() + at)) return false;
    return !vector_breaks_line(text.data() + last);
  }
#endif
  return std::ranges::none_of(text, breaks_line);
}

bool HeadWriter::is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return is_char(c, kToken); });
}

HeadWriter& HeadWriter::put_number(uint64_t number) {
  char digits[20];  // 2^64 - 1 has 20
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return append({digits, static_cast<size_t>(end - digits)});
}

HeadWriter& HeadWriter::request_line(std::string_view method, std::string_view target) {
  if (!is_one_word(method) || !is_one_word(target)) refuse();
  return put(method).append(" ").put(target).append(" HTTP/1.1\r\n");
}

HeadWriter& HeadWriter::status_line(uint16_t status, std::string_view reason) {
  CHECK(status >= 100 && status <= 599);
  append("HTTP/1.1 ").put_number(status);
  // RFC 9112 4: the space stays where there is no reason.
  return append(" ").put(reason).append("\r\n");
}

HeadWriter& HeadWriter::parsed_field(const Field& field) {
  const size_t size = field.name.size() + field.value.size() + 4;
  if (static_cast<size_t>(end_ - at_) < size) [[unlikely]] {
    overflow();
    return *this;
  }
  return append(field.name).append(": ").append(field.value).append("\r\n");
}

std::string_view HeadWriter::finish() {
  append("\r\n");
  if (fault_ != WriteFault::none) return {};
  return {begin_, size()};
}

std::string_view reason_of(uint16_t status) {
  const auto* found = std::ranges::lower_bound(kReasons, status, {}, &Reason::status);
  return found != std::end(kReasons) && found->status == status ? found->text : std::string_view();
}

}  // namespace fairlead::wire::http1
