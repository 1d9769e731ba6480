// HashRing: points on a circle of 2^64, each of which belongs to one backend.
//
// Consistent hashing (Karger et al. 1997): a key belongs to the next point clockwise. A backend has
// so many points for each unit of weight, at places that depend on itself alone; so when one
// leaves, only its own keys move. The price is evenness: with 150 points shares differ by 8 %.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/balance/plan.h"
#include "core/balance/reasoning.h"

namespace fairlead::core {

class HashRing final : public Plan {
 public:
  // `nodes`: points for a backend of weight `unit`, at least one for each. Beyond 2^18 points all
  // are halved until they fit. Cost: sorting them, 2 ms for 100 backends of 150 points.
  HashRing(std::span<const Candidate> candidates, uint32_t nodes, uint32_t unit);

  uint64_t digest() const override { return digest_; }
  bool empty() const { return points_.empty(); }
  size_t points() const { return points_.size(); }

  uint32_t first(uint64_t hash) const { return owners_[place_of(hash)]; }
  Reasoning reasoning(uint64_t hash) const {
    return {.rule = "whose point is the next one clockwise from the key",
            .place = fmt::format("point {} of {}", place_of(hash), points_.size())};
  }

  template <typename Usable>
  std::optional<uint32_t> find(uint64_t hash, Usable&& usable) const {
    size_t place = place_of(hash);
    for (size_t i = 0; i < kMostSteps; ++i) {
      if (usable(owners_[place])) return owners_[place];
      if (++place == points_.size()) place = 0;
    }
    return scan(order_, hash, usable);
  }

 private:
  static constexpr size_t kMostSteps = 256;

  // The first point at or behind the hash. The circle is cut into as many equal stretches as there
  // are points, so that few points have to be looked at.
  size_t place_of(uint64_t hash) const {
    size_t place = starts_[hash >> shift_];
    while (place < points_.size() && points_[place] < hash) ++place;
    return place == points_.size() ? 0 : place;
  }
  void place_points(std::span<const Candidate> candidates, uint32_t nodes, uint32_t unit);
  void index_points();

  std::vector<uint32_t> order_;
  std::vector<uint64_t> points_;  // rising
  std::vector<uint32_t> owners_;  // of each point
  std::vector<uint32_t> starts_;  // of each stretch: the first point that is not before it
  int shift_ = 63;
  uint64_t digest_ = 0;
};

}  // namespace fairlead::core
