// The chunked transfer coding (RFC 9112 7.1), both ways, strictly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "wire/http1_fields.h"

namespace fairlead::wire::http1 {

// Whether a field may stand in trailers: none that frames, routes, authenticates or steers (RFC 9110
// 6.5.1).
bool may_be_trailer(const Field& field);

// Decodes in place: payload moves to the front of the bytes that carried it.
//
// Sizes have at most 15 hex digits; line ends are CRLF. An extension is read over and dropped: it
// begins with ';' right behind the size, holds visible ASCII, spaces and tabs, and is not empty;
// the white space that RFC 9112 7.1.1 lets a reader bear before the ';' is a fault.
//
// Trailers are collected for a proxy to pass on. A line that is no field by the rules of a head is
// a fault. A field that frames, routes, authenticates or steers (RFC 9110 6.5.1) is no fault but is
// left out, because a reader that merges trailers into its head would obey it after all checks were
// made.
//
// Legal order of calls: (decode)* reset, until a step says end or fault. The same bytes give the
// same answer however they are split.
class ChunkedDecoder {
 public:
  struct Step {
    enum class State : uint8_t { more, end, fault };
    State state = State::more;
    size_t consumed = 0;      // bytes taken from the front of the input
    size_t payload = 0;       // decoded bytes, now at the front of the input: payload <= consumed
    const char* detail = "";  // fault: what was wrong, a constant
  };

  // Takes all of the input, or up to the end of the body, whichever comes first. At a fault the
  // payload before it is given, too.
  Step decode(std::span<char> input);

  // When ended: the trailer section as sent, without its last empty line; "" for none. Lives in the
  // decoder. At most kMostTrailerBytes.
  std::string_view trailers() const { return {trailers_.get(), trailer_size_}; }

  // Ready for another body; the trailer storage is given back.
  void reset() { *this = ChunkedDecoder(); }

  // Bytes of all trailers as sent, the dropped ones and the last empty line included.
  static constexpr size_t kMostTrailerBytes = 4096;
  static constexpr size_t kMostExtensionBytes = 1024;  // over the whole of one chunk line
  // Bytes of chunk lines beyond what payload excuses (16 and two for each of its bytes), over the
  // whole body: so nobody sends a body that is all extensions.
  static constexpr size_t kMostExcess = 16 * 1024;

 private:
  enum class State : uint8_t {
    size,
    extension,
    size_lf,  // the chunk line
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_line,
    last_lf,  // behind the last chunk
    end,
    fault,
  };

  // Where in `;name=value` of RFC 9112 7.1.1 we are.
  enum class Extension : uint8_t {
    before_name,
    name,
    behind_name,
    before_value,
    value,
    quoted,
    escaped,
    behind_value,
  };

  void take(char c);
  void take_size(char c);
  void take_extension(char c);
  bool go_on_extension(char c);
  void end_chunk_line();
  void take_trailer(char c);
  void end_trailer_line();
  void expect(char c, char wanted, State next, const char* otherwise);
  void refuse(const char* detail);
  size_t move_payload(std::span<char> input, size_t from, size_t to);

  State state_ = State::size;
  Extension extension_ = Extension::before_name;
  uint8_t digits_ = 0;
  uint16_t line_ = 0;  // bytes of the chunk line or of the trailers so far
  uint32_t excess_ = 0;
  uint64_t remaining_ = 0;     // of the size being read, then of the chunk
  uint32_t trailer_size_ = 0;  // whole lines that are kept
  uint32_t trailer_end_ = 0;   // with the line being read behind them
  const char* detail_ = "";
  std::unique_ptr<char[]> trailers_;  // kMostTrailerBytes, allocated only when a trailer comes
};

// Longest text that chunk_head() writes: 16 digits and CRLF.
inline constexpr size_t kLongestChunkHead = 18;

// Writes "SIZE\r\n" right before `end` and gives where it begins. REQUIRES: kLongestChunkHead bytes
// before `end`; size > 0.
char* chunk_head(char* end, uint64_t size);

}  // namespace fairlead::wire::http1
