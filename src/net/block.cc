#include "net/block.h"

#include <array>
#include <vector>

#include "base/check.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FAIRLEAD_PLAIN_BLOCKS 1
#endif
#endif

namespace fairlead::net {
namespace {

// Under the sanitizer every block is a real allocation, so that one used after its end is seen.
#ifdef FAIRLEAD_PLAIN_BLOCKS
constexpr bool kKeepBlocks = false;
#else
constexpr bool kKeepBlocks = true;
#endif

struct Class {
  size_t bytes;
  size_t kept;  // what a thread keeps for the next burst; more goes back to malloc
};
constexpr std::array<Class, 3> kClasses = {
    {{kSmallBlock, 512}, {kMiddleBlock, 64}, {kLargeBlock, 16}}};

// Blocks of one size all begin at the same place of a page, and their first bytes, the hot ones,
// would fight for the same few lines of the cache. So each begins a little further on than the one
// before.
constexpr uint32_t kColourStep = 192;
constexpr uint32_t kColours = 21;  // 21 x 192: within one page

struct Free {
  char* bytes;
  uint32_t colour;
};

struct FreeLists {
  std::array<std::vector<Free>, kClasses.size()> blocks;
  uint32_t next_colour = 0;

  ~FreeLists() {
    for (auto& list : blocks) {
      for (const Free& block : list) delete[] (block.bytes - block.colour);
    }
  }
};

thread_local FreeLists free_lists;

size_t class_for(size_t capacity) {
  size_t index = 0;
  while (kClasses[index].bytes < capacity) ++index;
  return index;
}

Free allocate(size_t bytes) {
  const uint32_t colour = free_lists.next_colour++ % kColours * kColourStep;
  return {new char[bytes + colour] + colour, colour};
}

}  // namespace

Block Block::take(size_t capacity) {
  CHECK(capacity <= kLargeBlock);
  const size_t index = class_for(capacity);
  const auto bytes = static_cast<uint32_t>(kClasses[index].bytes);
  auto& list = free_lists.blocks[index];
  Free free{};
  if (list.empty()) {
    free = allocate(bytes);
  } else {
    free = list.back();
    list.pop_back();
  }
  Block block;
  block.bytes_ = {free.bytes, detail::GiveBlockBack{bytes, free.colour}};
  return block;
}

void detail::GiveBlockBack::operator()(char* bytes) const noexcept {
  const size_t index = class_for(capacity);
  auto& list = free_lists.blocks[index];
  if (!kKeepBlocks || list.size() >= kClasses[index].kept) {
    delete[] (bytes - colour);
  } else {
    list.push_back({bytes, colour});
  }
}

}  // namespace fairlead::net
