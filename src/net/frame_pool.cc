#include "net/frame_pool.h"

#include <array>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FAIRLEAD_PLAIN_FRAMES 1
#endif
#endif

namespace fairlead::net {

#ifdef FAIRLEAD_PLAIN_FRAMES

void* allocate_frame(size_t size) { return ::operator new(size); }
void free_frame(void* frame, size_t size) noexcept { ::operator delete(frame, size); }

#else
namespace {

constexpr size_t kClassBytes = 32;
constexpr size_t kClasses = 64;     // frames up to 2 KiB; none of ours is larger
constexpr size_t kMostKept = 1024;  // of each class: what a burst leaves behind goes back to malloc

struct Free {
  Free* next;
};

struct Pool {
  std::array<Free*, kClasses> head{};
  std::array<size_t, kClasses> kept{};

  ~Pool() {
    for (size_t i = 0; i < kClasses; ++i) {
      while (Free* frame = head[i]) {
        head[i] = frame->next;
        ::operator delete(frame);
      }
    }
  }
};

thread_local Pool pool;

size_t class_of(size_t size) { return (size - 1) / kClassBytes; }

}  // namespace

void* allocate_frame(size_t size) {
  const size_t index = class_of(size);
  if (index >= kClasses) return ::operator new(size);
  if (Free* frame = pool.head[index]) {
    pool.head[index] = frame->next;
    // The next one is cold where many requests are under way, and will be asked for soon.
    __builtin_prefetch(frame->next, 1);
    --pool.kept[index];
    return frame;
  }
  return ::operator new((index + 1) * kClassBytes);
}

void free_frame(void* frame, size_t size) noexcept {
  const size_t index = class_of(size);
  if (index >= kClasses || pool.kept[index] == kMostKept) return ::operator delete(frame);
  auto* free = static_cast<Free*>(frame);
  free->next = pool.head[index];
  pool.head[index] = free;
  ++pool.kept[index];
}

#endif

}  // namespace fairlead::net
