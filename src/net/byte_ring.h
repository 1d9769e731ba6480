// ByteRing: tagged records of bytes from one thread to another, bounded, without a lock.
//
// One thread pushes and another pops, nobody else. A full ring refuses: whoever pushes never waits.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/check.h"

namespace fairlead::net {

class ByteRing {
 public:
  // The longest record; its length and tag share four bytes.
  static constexpr size_t kLongest = (1 << 24) - 1;

  // REQUIRES: `capacity` is a power of two. Memory is taken as it is first used.
  explicit ByteRing(size_t capacity) : mask_(capacity - 1), bytes_(new char[capacity]) {
    CHECK(capacity > 0 && (capacity & mask_) == 0);
  }

  // False, and nothing is kept, where there is no room. Sequentially consistent with is_empty(), so
  // that "push, then look whether the other one sleeps" misses nobody. Cost: about 20 ns and a
  // copy.
  bool push(uint8_t tag, std::string_view bytes) {
    const size_t needed = sizeof(uint32_t) + bytes.size();
    const size_t head = head_.load(std::memory_order_relaxed);
    if (bytes.size() > kLongest || needed > capacity()) return false;
    if (capacity() - (head - seen_tail_) < needed) {
      seen_tail_ = tail_.load(std::memory_order_acquire);
      if (capacity() - (head - seen_tail_) < needed) return false;
    }
    const uint32_t prefix = static_cast<uint32_t>(bytes.size()) << 8 | tag;
    put(head, {reinterpret_cast<const char*>(&prefix), sizeof prefix});
    put(head + sizeof prefix, bytes);
    head_.store(head + needed, std::memory_order_seq_cst);
    return true;
  }

  // Calls take(tag, first, second) for each record that is there now; its bytes are first, then
  // second (not empty where the record runs over the ring's end). Gives how many there were.
  template <typename Take>
  size_t pop_all(Take&& take) {
    const size_t head = head_.load(std::memory_order_seq_cst);
    size_t tail = tail_.load(std::memory_order_relaxed);
    size_t count = 0;
    for (; tail != head; ++count) {
      uint32_t prefix;
      char* into = reinterpret_cast<char*>(&prefix);
      for (const std::string_view piece : slices(tail, sizeof prefix)) {
        std::memcpy(into, piece.data(), piece.size());
        into += piece.size();
      }
      const size_t size = prefix >> 8;
      const auto [first, second] = slices(tail + sizeof prefix, size);
      take(static_cast<uint8_t>(prefix & 0xff), first, second);
      tail += sizeof prefix + size;
      tail_.store(tail, std::memory_order_release);
    }
    return count;
  }

  // For the thread that pops.
  bool is_empty() const {
    return head_.load(std::memory_order_seq_cst) == tail_.load(std::memory_order_relaxed);
  }
  size_t capacity() const { return mask_ + 1; }

 private:
  // The bytes from `at` on, in one piece, or in two around the end.
  std::array<std::string_view, 2> slices(size_t at, size_t size) const {
    const size_t start = at & mask_;
    const size_t first = size < capacity() - start ? size : capacity() - start;
    return {std::string_view(bytes_.get() + start, first),
            std::string_view(bytes_.get(), size - first)};
  }
  void put(size_t at, std::string_view bytes) {
    const size_t start = at & mask_;
    const size_t first = bytes.size() < capacity() - start ? bytes.size() : capacity() - start;
    std::memcpy(bytes_.get() + start, bytes.data(), first);
    std::memcpy(bytes_.get(), bytes.data() + first, bytes.size() - first);
  }

  const size_t mask_;
  const std::unique_ptr<char[]> bytes_;
  // Each thread's own word on a cache line of its own: both count up and never wrap.
  alignas(64) std::atomic<size_t> head_{0};
  size_t seen_tail_ = 0;  // the pushing thread's last look at tail_
  alignas(64) std::atomic<size_t> tail_{0};
};

}  // namespace fairlead::net
