// Where the next byte stands that ends a name, a value or a part of a target.
//
// The ground floor of the head parser: bytes are classified 256 at a time by SIMD into bit sets
// (one bit a byte), and every question "where does this end?" is then a shift and a count of zeros.
// Reads nothing outside the bytes it was given.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace fairlead::wire::http1 {

// What a search stops at (http1_chars.h).
enum class Stop : uint8_t {
  not_token,   // the end of a name or a method
  not_text,    // the end of a line, or a byte that no line may hold
  not_target,  // the end of a path or a query, or a byte that no target may hold (DEL is not told)
};

inline constexpr size_t kScanWindow = 256;  // bytes: most heads need one or two

struct ScanBits {
  uint64_t words[3][kScanWindow / 64];  // [Stop][position / 64]; bit = position % 64
};

// Fills the bits of bytes [from, from + kScanWindow), or as far as they go. Words wholly behind the
// end are not written; bits behind the end are zero. REQUIRES: from < bytes.size().
using Classify = void (*)(std::string_view bytes, size_t from, ScanBits& bits);

// Every way that this CPU can run, the best first; they differ in speed alone.
std::vector<Classify> classifiers();

class Scan {
 public:
  // The bytes must outlive it.
  explicit Scan(std::string_view bytes) : bytes_(bytes) {}

  std::string_view bytes() const { return bytes_; }

  // The first position at or after `from` that `stop` speaks of; bytes().size() where none is.
  // Cost: 1-2 ns, and about 10 ns where a window of 256 bytes is entered.
  [[gnu::always_inline]] size_t next(Stop stop, size_t from) {
    while (from < bytes_.size()) {
      if (from - begin_ >= kScanWindow) [[unlikely]]
        enter(from);  // also where from < begin_
      const size_t at = from - begin_;
      const uint64_t word = bits_.words[static_cast<size_t>(stop)][at / 64] >> (at % 64);
      if (word != 0) [[likely]]
        return from + static_cast<size_t>(std::countr_zero(word));
      from = begin_ + (at | 63) + 1;
    }
    return bytes_.size();
  }

 private:
  void enter(size_t from);

  std::string_view bytes_;
  size_t begin_ = SIZE_MAX / 2;  // of the window; at first no position is in it
  ScanBits bits_;                // not initialised: only words that hold bytes are read
};

}  // namespace fairlead::wire::http1
