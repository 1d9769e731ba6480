#include "net/lazy_pages.h"

#include <sys/mman.h>

#include <cstdlib>
#include <vector>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FAIRLEAD_PLAIN_PAGES 1
#endif
#endif

namespace fairlead::net {

#ifdef FAIRLEAD_PLAIN_PAGES

void* LazyPages::take() { return std::malloc(kSize); }
void LazyPages::give_back(void* at) noexcept { std::free(at); }

#else
namespace {

constexpr size_t kSlab = 1024 * 1024;
constexpr size_t kInSlab = kSlab / LazyPages::kSize;
// What a burst leaves behind keeps its place, but not its memory.
constexpr size_t kMostWarm = 64;

struct Slabs {
  std::vector<char*> all;
  std::vector<char*> free;  // the last given back is the first to be taken

  bool grow() {
    void* const slab =
        mmap(nullptr, kSlab, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (slab == MAP_FAILED) return false;
    madvise(slab, kSlab, MADV_NOHUGEPAGE);  // one page of 2 MiB would touch all of it
    all.push_back(static_cast<char*>(slab));
    free.reserve(all.size() * kInSlab);
    for (size_t i = kInSlab; i-- > 0;) free.push_back(all.back() + i * LazyPages::kSize);
    return true;
  }
  ~Slabs() {
    for (char* slab : all) munmap(slab, kSlab);
  }
};

thread_local Slabs slabs;

}  // namespace

void* LazyPages::take() {
  if (slabs.free.empty() && !slabs.grow()) return nullptr;
  char* const at = slabs.free.back();
  slabs.free.pop_back();
  return at;
}

void LazyPages::give_back(void* at) noexcept {
  slabs.free.push_back(static_cast<char*>(at));
  if (slabs.free.size() > kMostWarm) madvise(at, kSize, MADV_DONTNEED);
}

#endif

}  // namespace fairlead::net
