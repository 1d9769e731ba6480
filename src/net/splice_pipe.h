// SplicePipe: moves bytes between two sockets inside the kernel (splice(2) through a pipe).
//
// Twice as cheap for bulk as reading and writing (docs/performance.md). A pipe holds what one
// socket gave and the other has not taken yet, so it is also the buffer that back-pressure fills:
// 256 KiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "net/descriptor.h"
#include "net/stream.h"

namespace fairlead::net {

class SplicePipe {
 public:
  // Free pipes that a thread keeps, of two descriptors each.
  static constexpr size_t kMostKept = 32;

  // An empty one from this thread's free list, or a new one. Null where the kernel gives none (too
  // many pipes, no descriptors): the caller copies instead.
  static std::unique_ptr<SplicePipe> take();
  // Back to the free list, if it is empty; else it is closed with what is in it.
  static void give_back(std::unique_ptr<SplicePipe> pipe);

  // From a stream into the pipe, at most `most` bytes. Clears readable() where the stream is
  // drained. REQUIRES: from.descriptor() >= 0, most > 0, free space in the pipe.
  Io fill(Stream& from, uint64_t most);
  // From the pipe into a stream. Clears writable() where the stream is full. REQUIRES: held() > 0.
  Io drain(Stream& to);

  size_t held() const { return held_; }
  size_t capacity() const { return capacity_; }

 private:
  SplicePipe(Descriptor read_end, Descriptor write_end, size_t capacity)
      : read_end_(std::move(read_end)), write_end_(std::move(write_end)), capacity_(capacity) {}

  Descriptor read_end_;
  Descriptor write_end_;
  size_t capacity_;
  size_t held_ = 0;
};

}  // namespace fairlead::net
