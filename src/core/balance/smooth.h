// SmoothTurns: turns by weight, spread as evenly as they can be.
//
// The smooth weighted round robin known from nginx: at each step everybody gains its weight, the
// richest has the turn and pays what all gained. 5, 1, 1 gives a a b a c a a, never five a in a
// row. Used by round_robin for everybody and by least_connections and least_time among those that tie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fairlead::core {

class SmoothTurns {
 public:
  void clear() { entries_.clear(); }
  void add(uint32_t weight) { entries_.push_back({weight, 0}); }
  size_t size() const { return entries_.size(); }

  // Whose turn it is among those for which among(i) holds; the first of equals.
  // REQUIRES: it holds for at least one. Cost: O(n), no allocation.
  template <typename Among>
  uint32_t next(Among&& among) {
    int64_t paid = 0;
    Entry* richest = nullptr;
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (!among(i)) continue;
      Entry& entry = entries_[i];
      entry.credit += entry.weight;
      paid += entry.weight;
      if (richest == nullptr || entry.credit > richest->credit) richest = &entry;
    }
    richest->credit -= paid;
    return static_cast<uint32_t>(richest - entries_.data());
  }
  uint32_t next() {
    return next([](size_t) { return true; });
  }

 private:
  struct Entry {
    int64_t weight;
    int64_t credit;
  };
  std::vector<Entry> entries_;
};

}  // namespace fairlead::core
