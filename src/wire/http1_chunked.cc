#include "wire/http1_chunked.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "wire/http1_chars.h"
#include "wire/http1_field_line.h"
#include "wire/http1_fields.h"

namespace fairlead::wire::http1 {
namespace {

// 15 digits hold 2^60 - 1 and cannot overflow; nobody sends a longer chunk.
constexpr uint8_t kMostDigits = 15;
// What a chunk line may have beyond its payload's excuse, per chunk: eight times an honest line.
constexpr uint32_t kFreeLineBytes = 16;

// RFC 9110 6.5.1, besides the names that have an id.
constexpr std::array<std::string_view, 20> kNotInTrailers = {
    "authorization", "set-cookie",    "www-authenticate",
    "cache-control", "max-forwards",  "pragma",
    "range",         "age",           "expires",
    "location",      "retry-after",   "vary",
    "warning",       "accept-ranges", "authentication-info",
    "x-real-ip",     "alt-svc",       "status",
    "accept",        "origin",
};
// The digest of a body is known only behind it (RFC 9530 2, 6.2).
constexpr std::array<std::string_view, 2> kContentDigests = {"content-digest", "content-md5"};

bool begins_with(std::string_view name, std::string_view prefix) {
  return equals_ignoring_case(name.substr(0, prefix.size()), prefix);
}

bool is_any_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::any_of(
      names, [name](std::string_view one) { return equals_ignoring_case(name, one); });
}

}  // namespace

bool may_be_trailer(const Field& field) {
  if (field.id != FieldId::other) return false;
  if (begins_with(field.name, "content-")) return is_any_of(field.name, kContentDigests);
  if (begins_with(field.name, "if-") || begins_with(field.name, "proxy-") ||
      begins_with(field.name, "access-control-") || begins_with(field.name, "x-forwarded-"))
    return false;
  return !is_any_of(field.name, kNotInTrailers);
}

ChunkedDecoder::Step ChunkedDecoder::decode(std::span<char> input) {
  size_t at = 0;
  size_t payload = 0;
  while (at < input.size() && state_ < State::end) {
    if (state_ == State::data) {
      const size_t moved = move_payload(input, at, payload);
      at += moved;
      payload += moved;
      continue;
    }
    take(input[at]);
    if (state_ != State::fault) ++at;
  }
  Step step{.consumed = at, .payload = payload, .detail = detail_};
  if (state_ == State::end) step.state = Step::State::end;
  if (state_ == State::fault) step.state = Step::State::fault;
  return step;
}

size_t ChunkedDecoder::move_payload(std::span<char> input, size_t from, size_t to) {
  const auto size = static_cast<size_t>(std::min<uint64_t>(remaining_, input.size() - from));
  if (from != to) std::memmove(input.data() + to, input.data() + from, size);
  remaining_ -= size;
  if (remaining_ == 0) state_ = State::data_cr;
  return size;
}

void ChunkedDecoder::take(char c) {
  switch (state_) {
    case State::size: return take_size(c);
    case State::extension: return take_extension(c);
    case State::size_lf:
      if (c != '\n') return refuse("CR without LF behind a chunk size");
      return end_chunk_line();
    case State::data_cr: return expect(c, '\r', State::data_lf, "a chunk is longer than its size");
    case State::data_lf: return expect(c, '\n', State::size, "CR without LF behind a chunk");
    case State::trailer_start:
      if (c == '\r') {
        state_ = State::last_lf;
        return;
      }
      state_ = State::trailer_line;
      return take_trailer(c);
    case State::trailer_line: return take_trailer(c);
    case State::last_lf: return expect(c, '\n', State::end, "CR without LF behind the trailers");
    case State::data:
    case State::end:
    case State::fault: break;
  }
}

void ChunkedDecoder::expect(char c, char wanted, State next, const char* otherwise) {
  if (c != wanted) return refuse(otherwise);
  state_ = next;
}

void ChunkedDecoder::refuse(const char* detail) {
  state_ = State::fault;
  detail_ = detail;
}

void ChunkedDecoder::take_size(char c) {
  if (is_char(c, kHexDigit)) {
    if (++digits_ > kMostDigits) return refuse("a chunk size is too long");
    remaining_ = remaining_ * 16 + hex_value(c);
    return;
  }
  if (digits_ == 0) return refuse("a chunk without a size");
  if (c == '\r') {
    state_ = State::size_lf;
  } else if (c == ';') {
    state_ = State::extension;
    extension_ = Extension::before_name;
    line_ = 0;
  } else {
    refuse("a chunk size holds a wrong character");
  }
}

// `line_` counts what is behind the ';'.
void ChunkedDecoder::take_extension(char c) {
  if (c == '\r') {
    const bool whole = extension_ == Extension::name || extension_ == Extension::behind_name ||
                       extension_ == Extension::value || extension_ == Extension::behind_value;
    if (!whole) return refuse("a chunk extension is incomplete");
    state_ = State::size_lf;
    return;
  }
  if (!go_on_extension(c)) return refuse("a chunk extension is malformed");
  if (++line_ > kMostExtensionBytes) refuse("a chunk extension is too long");
}

// *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ), from the first name on.
bool ChunkedDecoder::go_on_extension(char c) {
  using enum Extension;
  const auto next = [&](Extension to) {
    extension_ = to;
    return true;
  };
  const bool token = is_char(c, kToken);
  switch (extension_) {
    case before_name: return is_blank(c) || (token && next(name));
    case name:
      if (token) return true;
      [[fallthrough]];
    case behind_name:
      if (is_blank(c)) return next(behind_name);
      if (c == '=') return next(before_value);
      return c == ';' && next(before_name);
    case before_value:
      if (c == '"') return next(quoted);
      return is_blank(c) || (token && next(value));
    case value:
      if (token) return true;
      [[fallthrough]];
    case behind_value:
      if (is_blank(c)) return next(behind_value);
      return c == ';' && next(before_name);
    case quoted:
      if (c == '"') return next(behind_value);
      if (c == '\\') return next(escaped);
      return is_blank(c) || (c > 0x20 && c < 0x7f);
    case escaped: return (is_blank(c) || (c > 0x20 && c < 0x7f)) && next(quoted);
  }
  return false;
}

void ChunkedDecoder::end_chunk_line() {
  const uint64_t bytes = uint64_t{excess_} + digits_ + line_;
  const uint64_t excused = kFreeLineBytes + 2 * remaining_;
  excess_ = bytes > excused ? static_cast<uint32_t>(bytes - excused) : 0;
  if (excess_ > kMostExcess) return refuse("chunk extensions outweigh the body");
  state_ = remaining_ == 0 ? State::trailer_start : State::data;
  digits_ = 0;
  line_ = 0;
}

// `line_` counts the bytes of all trailers.
void ChunkedDecoder::take_trailer(char c) {
  if (++line_ > kMostTrailerBytes) return refuse("the trailers are too long");
  if (!trailers_) trailers_ = std::make_unique_for_overwrite<char[]>(kMostTrailerBytes);
  trailers_[trailer_end_++] = c;
  if (c == '\n') end_trailer_line();
}

void ChunkedDecoder::end_trailer_line() {
  const std::string_view bytes(trailers_.get() + trailer_size_, trailer_end_ - trailer_size_);
  Scan scan(bytes);
  Field field;
  if (read_field(scan, 0, 0, field) == 0) return refuse("a trailer cannot be read");
  if (may_be_trailer(field)) {
    trailer_size_ = trailer_end_;
  } else {
    trailer_end_ = trailer_size_;
  }
  state_ = State::trailer_start;
}

char* chunk_head(char* end, uint64_t size) {
  *--end = '\n';
  *--end = '\r';
  do {
    *--end = "0123456789abcdef"[size % 16];
    size /= 16;
  } while (size != 0);
  return end;
}

}  // namespace fairlead::wire::http1
