#include "http/h2_memory.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "net/frame_pool.h"
#include "net/lazy_pages.h"

namespace fairlead::http {
namespace {

// How long a piece is, in front of it: whoever frees one does not say.
struct alignas(16) Head {
  size_t size;  // with the head
};

void* give(size_t size, void*) {
  if (size > SIZE_MAX - sizeof(Head)) return nullptr;
  const size_t whole = size + sizeof(Head);
  void* const piece = net::LazyPages::fits(whole) ? net::LazyPages::take() : net::allocate_frame(whole);
  if (!piece) return nullptr;
  return new (piece) Head{whole} + 1;
}

void take_back(void* at, void*) {
  if (!at) return;
  Head* const head = static_cast<Head*>(at) - 1;
  const size_t whole = head->size;
  if (net::LazyPages::fits(whole)) return net::LazyPages::give_back(head);
  net::free_frame(head, whole);
}

void* give_zeros(size_t count, size_t size, void* user) {
  if (size != 0 && count > SIZE_MAX / size) return nullptr;
  void* const at = give(count * size, user);
  if (at) std::memset(at, 0, count * size);
  return at;
}

void* change(void* at, size_t size, void* user) {
  if (!at) return give(size, user);
  const size_t had = (static_cast<Head*>(at) - 1)->size - sizeof(Head);
  void* const other = give(size, user);
  if (!other) return nullptr;
  std::memcpy(other, at, std::min(size, had));
  take_back(at, user);
  return other;
}

}  // namespace

nghttp2_mem* h2_memory() {
  static nghttp2_mem memory = {nullptr, give, take_back, give_zeros, change};
  return &memory;
}

}  // namespace fairlead::http
