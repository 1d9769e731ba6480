// KeyTable: from 64-bit keys, which are hashes already, to a small value each. Filled once, then
// read by many: one array, linear probing, never more than half full.
#pragma once

#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace fairlead::core {

template <typename Value>
class KeyTable {
 public:
  // The value of a key, made where there is none yet. REQUIRES: key != 0.
  // Cost: constant on average; views of other values are lost.
  Value& operator[](uint64_t key) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[place_of(key)];
    if (slot.key == 0) {
      slot.key = key;
      ++size_;
    }
    return slot.value;
  }

  // Null: there is none. Cost: mostly one cache line, no allocation.
  const Value* find(uint64_t key) const {
    if (slots_.empty()) return nullptr;
    const Slot& slot = slots_[place_of(key)];
    return slot.key == 0 ? nullptr : &slot.value;
  }

  size_t size() const { return size_; }

 private:
  struct Slot {
    uint64_t key = 0;  // 0: free
    Value value{};
  };

  // Where the key is, or would be put.
  size_t place_of(uint64_t key) const {
    size_t place = key & (slots_.size() - 1);
    while (slots_[place].key != 0 && slots_[place].key != key)
      place = (place + 1) & (slots_.size() - 1);
    return place;
  }

  void grow() {
    std::vector<Slot> old = std::exchange(slots_, {});
    slots_.resize(std::bit_ceil(4 * (size_ + 1)));
    for (Slot& slot : old) {
      if (slot.key != 0) slots_[place_of(slot.key)] = std::move(slot);
    }
  }

  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace fairlead::core
