// First a SIMD look whether the path is normal already, as nearly all are; only else is it copied,
// escape by escape and segment by segment.
#include "wire/uri_path.h"

#include <algorithm>
#include <cstring>

#include "wire/http1_chars.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace fairlead::wire {
namespace {

using http1::hex_value;
using http1::is_char;
using http1::kHexDigit;
using http1::kHost;  // the unreserved characters of RFC 3986 2.3
using http1::kTarget;

constexpr bool is_plain(char c) { return is_char(c, kTarget) && c != '%' && c != '\\'; }

// Whether a slash with what follows it must be looked at closely: a run, or perhaps a dot segment.
constexpr bool begins_oddly(char slash, char next) {
  return slash == '/' && (next == '/' || next == '.');
}

bool is_plainly_normal_scalar(std::string_view path, size_t from) {
  for (size_t i = from; i < path.size(); ++i) {
    if (!is_plain(path[i])) return false;
    if (i + 1 < path.size() && begins_oddly(path[i], path[i + 1])) return false;
  }
  return true;
}

#if defined(__x86_64__)
constexpr size_t kVector = 16;

inline __m128i equal(__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); }

inline __m128i any(__m128i a, __m128i b) { return _mm_or_si128(a, b); }

// 16 bytes at `at`, each with the byte behind it. REQUIRES: 17 bytes.
inline bool is_plain_vector(const char* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i behind = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 1));
  const __m128i outside = any(_mm_cmpgt_epi8(_mm_set1_epi8(0x21), bytes), equal(bytes, 0x7f));
  const __m128i marks =
      any(any(equal(bytes, '%'), equal(bytes, '\\')), any(equal(bytes, '#'), equal(bytes, '?')));
  const __m128i odd = _mm_and_si128(equal(bytes, '/'), any(equal(behind, '/'), equal(behind, '.')));
  return _mm_movemask_epi8(any(any(outside, marks), odd)) == 0;
}

// The last vector is laid over the one before it, so that it ends with the path.
bool is_plainly_normal(std::string_view path) {
  if (path.size() <= kVector) return is_plainly_normal_scalar(path, 0);
  const size_t last = path.size() - kVector - 1;
  for (size_t at = 0; at < last; at += kVector)
    if (!is_plain_vector(path.data() + at)) return false;
  return is_plain_vector(path.data() + last) && is_plain(path.back());
}
#else
bool is_plainly_normal(std::string_view path) { return is_plainly_normal_scalar(path, 0); }
#endif

bool is_encoded_slash(std::string_view text) {
  return text.starts_with("%2F") || text.starts_with("%5C");
}

// Whether "." or ".." stands where some servers see a segment of its own: before parameters, which
// they cut off, or beside an encoded slash, which they decode. REQUIRES: segment is not "." or
// "..".
bool has_hidden_dots(std::string_view segment) {
  for (size_t at = 0; at < segment.size(); ++at) {
    if (segment[at] != '.') continue;
    if (at != 0 && !is_encoded_slash(segment.substr(at - std::min<size_t>(at, 3)))) continue;
    std::string_view behind = segment.substr(at + 1);
    if (behind.starts_with('.')) behind.remove_prefix(1);
    if (behind.empty() || behind.front() == ';' || is_encoded_slash(behind)) return true;
  }
  return false;
}

// Builds the normal path in `out`, which always begins with '/'. Never longer than what it read.
class Writer {
 public:
  explicit Writer(char* out) : out_(out) {}

  void put(char c) { out_[size_++] = c; }

  // A slash, read or the end of the path: judges the segment that it ends.
  PathFault end_segment(bool by_slash) {
    const std::string_view segment(out_ + segment_, size_ - segment_);
    if (segment == ".." && segment_ == 1) return PathFault::above_root;
    if (segment == ".") {
      size_ = segment_;
    } else if (segment == "..") {
      size_ = out().substr(0, segment_ - 1).rfind('/') + 1;
    } else if (has_hidden_dots(segment)) {
      return PathFault::hidden_dots;
    } else if (by_slash && !segment.empty()) {
      put('/');
    }
    segment_ = size_;
    return PathFault::none;
  }

  // REQUIRES: the first byte was put.
  void begin() { segment_ = size_; }
  std::string_view out() const { return {out_, size_}; }

 private:
  char* out_;
  size_t size_ = 0;
  size_t segment_ = 0;  // where the last segment begins: behind the last slash
};

constexpr char capital(char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 0x20) : c; }

// The escape at `at`, decoded where that changes no meaning (RFC 3986 6.2.2.2).
PathFault put_escape(std::string_view path, size_t at, EncodedSlash slash, Writer& writer) {
  if (path.size() - at < 3 || !is_char(path[at + 1], kHexDigit) ||
      !is_char(path[at + 2], kHexDigit)) {
    return PathFault::bad_escape;
  }
  const auto c = static_cast<char>(hex_value(path[at + 1]) * 16 + hex_value(path[at + 2]));
  if (c == 0) return PathFault::encoded_nul;
  if ((c == '/' || c == '\\') && slash == EncodedSlash::refuse) return PathFault::encoded_slash;
  if (is_char(c, kHost)) {
    writer.put(c);
  } else {
    writer.put('%');
    writer.put(capital(path[at + 1]));
    writer.put(capital(path[at + 2]));
  }
  return PathFault::none;
}

PathFault rewrite(std::string_view path, EncodedSlash slash, Writer& writer) {
  writer.put('/');
  writer.begin();
  for (size_t at = 1; at < path.size(); ++at) {
    const char c = path[at];
    PathFault fault = PathFault::none;
    if (c == '/') {
      fault = writer.end_segment(true);
    } else if (c == '%') {
      fault = put_escape(path, at, slash, writer);
      at += 2;
    } else if (is_plain(c)) {
      writer.put(c);
    } else {
      fault = c == '\\' ? PathFault::backslash : PathFault::bad_character;
    }
    if (fault != PathFault::none) return fault;
  }
  return writer.end_segment(false);
}

}  // namespace

NormalPath normalise_path(std::string_view path, std::span<char> storage, EncodedSlash slash) {
  if (is_plainly_normal(path)) return {PathFault::none, path};
  Writer writer(storage.data());
  if (const PathFault fault = rewrite(path, slash, writer); fault != PathFault::none)
    return {fault, {}};
  // A path with "/.well-known" or an escape that must stay is normal, only not plainly so.
  if (writer.out() == path) return {PathFault::none, path};
  return {PathFault::none, writer.out()};
}

const char* explain(PathFault fault) {
  switch (fault) {
    case PathFault::none: return "nothing is wrong with the path";
    case PathFault::bad_escape: return "a '%' in the path without two hexadecimal digits";
    case PathFault::encoded_nul: return "an encoded NUL in the path";
    case PathFault::encoded_slash: return "an encoded slash or backslash in the path";
    case PathFault::backslash: return "a backslash in the path";
    case PathFault::bad_character: return "a character in the path that must be encoded";
    case PathFault::above_root: return "the path leads above its root";
    case PathFault::hidden_dots: return "a dot segment that only some servers see";
  }
  return "";
}

}  // namespace fairlead::wire
