// RendezvousList: every backend draws a number for the key, and the highest wins.
//
// Highest random weight (Thaler and Ravishankar 1998); with weights the number is -weight / ln(u)
// for a uniform u (Schindelhauer and Schomaker 2005), which gives every backend exactly its share,
// and moves only keys that must move, also when a weight changes. All in whole numbers: instances
// on different machines compare the same values to the last bit.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/mix.h"
#include "core/balance/plan.h"
#include "core/balance/reasoning.h"

namespace fairlead::core {

// -log2((draw + 1) / 2^64) in units of 2^-40, at most 64 << 40; falls as the draw rises. Its error
// is below 3e-6 of a unit of the logarithm. Cost: about 2 ns.
uint64_t negative_log2(uint64_t draw);

class RendezvousList final : public Plan {
 public:
  explicit RendezvousList(std::span<const Candidate> candidates);

  uint64_t digest() const override { return digest_; }
  bool empty() const { return entries_.empty(); }

  // Cost: O(n), about 1 ns each where all weights are equal, else 4.
  uint32_t first(uint64_t hash) const {
    return *find(hash, [](uint32_t) { return true; });
  }

  // Compared is -log2(draw) / weight, so that the least wins; allocates.
  Reasoning reasoning(uint64_t hash) const;

  template <typename Usable>
  std::optional<uint32_t> find(uint64_t hash, Usable&& usable) const {
    const Entry* best = nullptr;
    uint64_t best_draw = 0;
    uint64_t best_log = 0;
    for (const Entry& entry : entries_) {
      const uint64_t draw = mix(hash ^ entry.identity);
      // With equal weights the highest draw has the highest number.
      const uint64_t log = even_ ? 0 : negative_log2(draw);
      const uint64_t mine = log * (best ? best->weight : 0);
      const uint64_t its = best_log * entry.weight;
      const bool wins = best == nullptr || mine < its || (mine == its && draw > best_draw);
      if (!wins || !usable(entry.index)) continue;
      best = &entry;
      best_draw = draw;
      best_log = log;
    }
    if (best == nullptr) return {};
    return best->index;
  }

 private:
  struct Entry {
    uint64_t identity;
    uint32_t weight;  // times a logarithm below 2^47: fits 64 bits up to 2^17
    uint32_t index;
  };
  std::vector<Entry> entries_;  // by identity
  size_t candidates_ = 0;       // those without weight too
  bool even_ = true;
  uint64_t digest_ = 0;
};

}  // namespace fairlead::core
