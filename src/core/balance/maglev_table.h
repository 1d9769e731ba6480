// MaglevTable: a prime number of slots, each of which belongs to one backend.
//
// Maglev (Eisenbud et al., NSDI 2016): every backend has a permutation of all slots of its own, and
// in turns each takes the next slot of its permutation that is still free. Everybody gets the same
// number of slots, give or take one, and when a backend leaves, most slots stay with whom they
// were. With weights, a backend has as many turns as its weight says. Turns go by identity, so that
// the table does not depend on the order of the file.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/balance/plan.h"
#include "core/balance/reasoning.h"

namespace fairlead::core {

class MaglevTable final : public Plan {
 public:
  // REQUIRES: `size` is prime. More backends than slots: those that come last have none.
  // Cost: size * ln(size) steps, 2 ms for 65537 slots; 4 bytes for each slot.
  MaglevTable(std::span<const Candidate> candidates, uint32_t size);

  uint64_t digest() const override { return digest_; }
  bool empty() const { return slots_.empty(); }
  // Who has each slot; empty where nobody has weight.
  std::span<const uint32_t> slots() const { return slots_; }

  uint32_t first(uint64_t hash) const { return slots_[place_of(hash)]; }
  Reasoning reasoning(uint64_t hash) const {
    return {.rule = "whose slot of the table the key falls into",
            .place = fmt::format("slot {} of {}", place_of(hash), slots_.size())};
  }

  // The slots behind a key's own are as good as random, so they share out by weight what a backend
  // that is left out would have had.
  template <typename Usable>
  std::optional<uint32_t> find(uint64_t hash, Usable&& usable) const {
    size_t place = place_of(hash);
    for (size_t i = 0; i < kMostSteps; ++i) {
      if (usable(slots_[place])) return slots_[place];
      if (++place == slots_.size()) place = 0;
    }
    return scan(order_, hash, usable);
  }

 private:
  // With all but one of 20 backends out, one search in 700 gets so far.
  static constexpr size_t kMostSteps = 128;

  size_t place_of(uint64_t hash) const {
    return static_cast<size_t>((static_cast<unsigned __int128>(hash) * slots_.size()) >> 64);
  }
  void fill(std::span<const Candidate> candidates);

  std::vector<uint32_t> order_;
  std::vector<uint32_t> slots_;
  uint64_t digest_ = 0;
};

}  // namespace fairlead::core
