// WeightedDraw: a random index, each as likely as its weight, in constant time.
//
// The alias method (Walker 1977, in Vose's form of 1991): as many cells as candidates, each shared
// by at most two of them. Used by random and power_of_two, and by round_robin for retries.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "core/balance/balancer.h"

namespace fairlead::core {

class WeightedDraw {
 public:
  static constexpr uint32_t kNobody = ~uint32_t{0};

  // Cost: O(n); allocates.
  void update(std::span<const Candidate> candidates);

  // One that has weight, was not tried and is not `except`; nothing when there is none. The odds
  // among those that are left are exactly their weights.
  // Cost: one random number as a rule; O(n) when nearly all the weight has been tried.
  std::optional<uint32_t> draw(const Tried& tried, Random& random, uint32_t except = kNobody) const;

  // The chance of each to be drawn, nothing tried; of nobody where nobody has weight.
  std::vector<double> chances() const;

  size_t size() const { return weights_.size(); }  // of all candidates
  uint32_t weight(uint32_t index) const { return weights_[index]; }
  // How many have weight.
  uint32_t usable() const { return usable_; }

 private:
  struct Cell {
    uint64_t share = 0;  // of 2^64: the part of the cell that is the owner's
    uint32_t other = 0;  // whose the rest is
    uint32_t id = 0;     // of the owner
  };
  // REQUIRES: usable() > 0.
  uint32_t draw_any(Random& random) const;
  std::optional<uint32_t> draw_slowly(const Tried& tried, Random& random, uint32_t except) const;
  void fill_cells(uint64_t total);

  std::vector<Cell> cells_;
  std::vector<uint32_t> weights_;
  uint32_t usable_ = 0;
};

}  // namespace fairlead::core
