// The chunked transfer coding (RFC 9112 7.1), both ways, strictly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "wire/http1_fields.h"

namespace fairlead::wire::http1 {

// Decodes in place: payload moves to the front of the bytes that carried it.
//
// Chunk extensions are read over within a small limit and dropped; sizes have at most 15 hex digits;
// line ends are CRLF. Trailers are collected for a proxy to pass on: fields that frame, route or
// authenticate are refused there (RFC 9110 6.5.1).
class ChunkedDecoder {
 public:
  struct Step {
    enum class State : uint8_t { more, end, fault };
    State state = State::more;
    size_t consumed = 0;       // bytes taken from the front of the input
    size_t payload = 0;        // decoded bytes, now at the front of the input: payload <= consumed
    const char* detail = "";   // fault: what was wrong, a constant
  };

  // Takes all of the input, or up to the end of the body, whichever comes first.
  Step decode(std::span<char> input);

  // When ended: the trailer section as sent, without its last empty line; "" for none. Lives in the
  // decoder. At most kMostTrailerBytes.
  std::string_view trailers() const { return {trailers_, trailer_size_}; }

  static constexpr size_t kMostTrailerBytes = 4096;
  static constexpr size_t kMostExtensionBytes = 1024;   // over the whole of one chunk line

 private:
  // States and the trailer storage are the codec's own business: see the .cc file.
  uint8_t state_ = 0;
  uint8_t digits_ = 0;
  uint16_t line_ = 0;
  uint64_t remaining_ = 0;
  uint32_t trailer_size_ = 0;
  char* trailers_ = nullptr;   // allocated only when a trailer comes
};

// Longest text that chunk_head() writes: 16 digits and CRLF.
inline constexpr size_t kLongestChunkHead = 18;

// Writes "SIZE\r\n" right before `end` and gives where it begins. REQUIRES: kLongestChunkHead bytes
// before `end`; size > 0.
char* chunk_head(char* end, uint64_t size);

}  // namespace fairlead::wire::http1
