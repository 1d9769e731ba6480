// Where coroutine frames come from: a free list for each size class and thread.
//
// A request runs through a handful of coroutines; with malloc their frames would cost more than
// parsing does. Frames are freed on the thread that made them. Under sanitizers every frame is a
// real allocation, so that a frame used after its end is seen.
#pragma once

#include <cstddef>

namespace fairlead::net {

// Memory for a frame of `size` bytes. Cost: 2 ns where one of its class is free.
void* allocate_frame(size_t size);
void free_frame(void* frame, size_t size) noexcept;

// The same for what else lives as long as one request:
// `std::allocate_shared<T>(FrameAllocator<T>())`.
template <typename T>
struct FrameAllocator {
  using value_type = T;
  FrameAllocator() = default;
  template <typename U>
  FrameAllocator(const FrameAllocator<U>&) {}
  T* allocate(size_t count) { return static_cast<T*>(allocate_frame(count * sizeof(T))); }
  void deallocate(T* at, size_t count) { free_frame(at, count * sizeof(T)); }
  bool operator==(const FrameAllocator&) const = default;
};

}  // namespace fairlead::net
