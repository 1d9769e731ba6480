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
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 103: return "Early Hints";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 425: return "Too Early";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    case 511: return "Network Authentication Required";
    default: return "";
  }
}

}  // namespace fairlead::wire::http1
