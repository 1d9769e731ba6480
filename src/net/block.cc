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
  size_t kept;   // what a thread keeps for the next burst; more goes back to malloc
};
constexpr std::array<Class, 3> kClasses = {{{kSmallBlock, 512}, {kMiddleBlock, 64}, {kLargeBlock, 16}}};

struct FreeLists {
  std::array<std::vector<char*>, kClasses.size()> blocks;

  ~FreeLists() {
    for (auto& list : blocks) {
      for (char* block : list) delete[] block;
    }
  }
};

thread_local FreeLists free_lists;

size_t class_for(size_t capacity) {
  size_t index = 0;
  while (kClasses[index].bytes < capacity) ++index;
  return index;
}

}  // namespace

Block Block::take(size_t capacity) {
  CHECK(capacity <= kLargeBlock);
  const size_t index = class_for(capacity);
  const size_t bytes = kClasses[index].bytes;
  auto& free = free_lists.blocks[index];
  Block block;
  if (free.empty()) {
    block.bytes_ = {new char[bytes], detail::GiveBlockBack{bytes}};
  } else {
    block.bytes_ = {free.back(), detail::GiveBlockBack{bytes}};
    free.pop_back();
  }
  return block;
}

void detail::GiveBlockBack::operator()(char* bytes) const noexcept {
  const size_t index = class_for(capacity);
  auto& free = free_lists.blocks[index];
  if (!kKeepBlocks || free.size() >= kClasses[index].kept) {
    delete[] bytes;
  } else {
    free.push_back(bytes);
  }
}

}  // namespace fairlead::net
