#include "core/balance/maglev_table.h"

#include <algorithm>

#include "base/mix.h"

namespace fairlead::core {
namespace {

// One backend's way through the slots: offset, offset + skip, ... modulo the size.
struct Walk {
  uint32_t next;
  uint32_t skip;
  uint32_t weight;
  uint64_t turns = 0;  // saved up; a whole one is as much as the largest weight
};

Walk walk_of(const Candidate& candidate, uint32_t size) {
  // Two draws from one identity, told apart by a constant each (of the digits of pi).
  const uint64_t offset = mix(candidate.identity ^ 0x243f6a8885a308d3) % size;
  const uint64_t skip = mix(candidate.identity ^ 0x13198a2e03707344) % (size - 1) + 1;
  return {static_cast<uint32_t>(offset), static_cast<uint32_t>(skip), candidate.weight};
}

// Which slots are taken, a bit each: small enough for the nearest cache.
class Taken {
 public:
  explicit Taken(uint32_t size) : words_(size / 64 + 1) {}
  bool test(uint32_t slot) const { return words_[slot / 64] >> (slot % 64) & 1; }
  void set(uint32_t slot) { words_[slot / 64] |= uint64_t{1} << (slot % 64); }

 private:
  std::vector<uint64_t> words_;
};

}  // namespace

MaglevTable::MaglevTable(std::span<const Candidate> candidates, uint32_t size)
    : order_(by_identity(candidates)) {
  if (order_.empty()) return;
  slots_.resize(size);
  fill(candidates);
  for (const uint32_t index : slots_) {
    digest_ = digest_ * 0x9e3779b97f4a7c15 + candidates[index].identity;
  }
  digest_ = mix(digest_);
}

void MaglevTable::fill(std::span<const Candidate> candidates) {
  const auto size = static_cast<uint32_t>(slots_.size());
  std::vector<Walk> walks;
  uint32_t heaviest = 0;
  for (const uint32_t index : order_) {
    walks.push_back(walk_of(candidates[index], size));
    heaviest = std::max(heaviest, candidates[index].weight);
  }
  Taken taken(size);
  uint32_t filled = 0;
  while (true) {
    for (size_t i = 0; i < walks.size(); ++i) {
      Walk& walk = walks[i];
      walk.turns += walk.weight;
      if (walk.turns < heaviest) continue;
      walk.turns -= heaviest;
      uint32_t slot = walk.next;
      while (taken.test(slot)) {
        slot += walk.skip;
        if (slot >= size) slot -= size;
      }
      taken.set(slot);
      slots_[slot] = order_[i];
      walk.next = slot;
      if (++filled == size) return;
    }
  }
}

}  // namespace fairlead::core
