// LazyPages: room for large buffers of which most is never touched.
//
// What malloc gives may have been in use before, and then all of it takes memory. These are pages
// of their own: what is not written to costs nothing.
#pragma once

#include <cstddef>

namespace fairlead::net {

class LazyPages {
 public:
  static constexpr size_t kSize = 20 * 1024;
  // Whether this is what they are for.
  static constexpr bool fits(size_t size) { return size > kSize * 3 / 4 && size <= kSize; }

  // kSize bytes. Null: out of memory. To be given back on the same thread.
  static void* take();
  static void give_back(void* at) noexcept;
};

}  // namespace fairlead::net
