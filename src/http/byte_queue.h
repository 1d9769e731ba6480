// ByteQueue: bytes that came and are not yet used, in blocks.
//
// Holds a block only while bytes are there, or while all that was used is still to be had again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "net/block.h"

namespace fairlead::http {

class ByteQueue {
 public:
  // `keep`: so many used bytes are kept for rewind(); 0: none.
  explicit ByteQueue(size_t keep = 0) : keep_(keep) {}

  // Cost: a copy. The caller sees to it that a queue stays small.
  void append(std::span<const char> bytes);
  // The next bytes that stand together; empty where there are none.
  std::span<char> front();
  // REQUIRES: so many are there.
  void consume(size_t count);
  // Takes up to `into.size()` bytes out.
  size_t take(std::span<char> into);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Whether all that was ever appended is still here.
  bool can_rewind() const { return keep_ > 0; }
  // Back to the first byte. REQUIRES: can_rewind().
  void rewind();
  // Used bytes are not wanted any more.
  void forget();

 private:
  struct Part {
    net::Block block;
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  void drop_used();

  std::vector<Part> parts_;
  size_t first_ = 0;  // of parts_, that has unused bytes; those before are kept for rewind()
  size_t size_ = 0;   // unused
  size_t used_ = 0;   // since the beginning, while they are kept
  size_t keep_;
};

}  // namespace fairlead::http
