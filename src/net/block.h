// Block: a buffer of one of three sizes, from a free list of its thread.
//
// A connection holds one only while bytes are in flight: none while idle. Last in, first out, so
// that the next request finds its bytes in the cache that the last one warmed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace fairlead::net {

// Room for nearly every head with the first bytes of its body.
inline constexpr size_t kSmallBlock = 16 * 1024;
// For bulk that cannot be spliced: more a system call, still in the second-level cache.
inline constexpr size_t kMiddleBlock = 64 * 1024;
// Room for the largest head that a limit may allow.
inline constexpr size_t kLargeBlock = 256 * 1024;

namespace detail {

struct GiveBlockBack {
  uint32_t capacity = 0;
  uint32_t colour = 0;  // how far the bytes begin behind what was allocated
  void operator()(char* bytes) const noexcept;
};

}  // namespace detail

class Block {
 public:
  Block() = default;  // holds nothing
  // One of at least `capacity` bytes. REQUIRES: capacity <= kLargeBlock.
  static Block take(size_t capacity);

  char* data() const { return bytes_.get(); }
  // 0 where it holds nothing.
  size_t capacity() const { return bytes_ ? bytes_.get_deleter().capacity : 0; }
  explicit operator bool() const { return bytes_ != nullptr; }
  void release() { bytes_.reset(); }

 private:
  std::unique_ptr<char[], detail::GiveBlockBack> bytes_;
};

}  // namespace fairlead::net
