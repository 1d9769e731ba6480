// Heads of HTTP/1, written into bytes of the caller.
//
// The last stop before a socket: nothing gets a line break or a NUL into a head but the functions
// here that end a line. So neither a template nor a rewritten path can inject a field or a second
// message. What does not fit or is refused makes the whole head fail, once, at finish().
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "wire/http1_fields.h"

namespace fairlead::wire::http1 {

enum class WriteFault : uint8_t {
  none,
  overflow,  // more than the span holds
  refused,   // a CR, LF or NUL where text was due
};

// Text known when compiling, line ends included: the only way to write some by hand.
class Literal {
 public:
  template <size_t N>
  consteval Literal(const char (&text)[N]) : text_(text, N - 1) {}
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

// Legal order of calls: (request_line | status_line | literal) (field | literal | begin_field put*
// end_field)* finish. Cost: no allocation; a copy of the bytes, and a look at those that no parser
// has looked at.
class HeadWriter {
 public:
  explicit HeadWriter(std::span<char> out)
      : begin_(out.data()), at_(out.data()), end_(out.data() + out.size()) {}

  HeadWriter& literal(Literal text) { return append(text.text()); }

  // A piece of a line, of whatever origin: refused when it holds CR, LF or NUL.
  HeadWriter& put(std::string_view text) {
    if (!is_clean(text)) [[unlikely]]
      refuse();
    return append(text);
  }
  HeadWriter& put_number(uint64_t number);

  // "METHOD TARGET HTTP/1.1". HTTP/1.1 is what we speak to backends, whatever the client spoke.
  // A space in either part is refused, too.
  HeadWriter& request_line(std::string_view method, std::string_view target);
  // "HTTP/1.1 STATUS REASON". REQUIRES: 100 <= status <= 599.
  HeadWriter& status_line(uint16_t status, std::string_view reason);

  HeadWriter& field(std::string_view name, std::string_view value) {
    return begin_field(name).put(value).end_field();
  }
  HeadWriter& field(std::string_view name, uint64_t number) {
    return begin_field(name).put_number(number).end_field();
  }
  // A field that HeadParser read: its bytes are known to be clean, and are not looked at again.
  // REQUIRES: it is as the parser gave it.
  HeadWriter& parsed_field(const Field& field);

  // A field whose value is put together from pieces. A name that is no token is refused.
  HeadWriter& begin_field(std::string_view name) {
    if (!is_name(name)) [[unlikely]]
      refuse();
    return append(name).append(": ");
  }
  HeadWriter& end_field() { return append("\r\n"); }

  // The empty line. The whole head; "" when there was a fault.
  std::string_view finish();

  WriteFault fault() const { return fault_; }
  size_t size() const { return static_cast<size_t>(at_ - begin_); }

 private:
  static bool is_clean(std::string_view text);
  static bool is_name(std::string_view text);

  // Everything that is written comes through here.
  [[gnu::always_inline]] HeadWriter& append(std::string_view text) {
    if (static_cast<size_t>(end_ - at_) < text.size()) [[unlikely]] {
      overflow();
      return *this;
    }
    copy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }

  // Short pieces by two overlapping words, without a call.
  [[gnu::always_inline]] static void copy(char* to, const char* from, size_t size) {
    if (size > 32) {
      std::memcpy(to, from, size);
    } else if (size >= 16) {
      copy_ends<16>(to, from, size);
    } else if (size >= 8) {
      copy_ends<8>(to, from, size);
    } else if (size >= 4) {
      copy_ends<4>(to, from, size);
    } else if (size >= 2) {
      copy_ends<2>(to, from, size);
    } else if (size == 1) {
      *to = *from;
    }
  }

  template <size_t N>
  [[gnu::always_inline]] static void copy_ends(char* to, const char* from, size_t size) {
    char first[N];
    char last[N];
    std::memcpy(first, from, N);
    std::memcpy(last, from + size - N, N);
    std::memcpy(to, first, N);
    std::memcpy(to + size - N, last, N);
  }

  void refuse();
  void overflow();

  char* begin_;
  char* at_;
  char* end_;
  WriteFault fault_ = WriteFault::none;
};

// The reason phrase of a status (RFC 9110 15); "" for one that is not registered.
std::string_view reason_of(uint16_t status);

}  // namespace fairlead::wire::http1
