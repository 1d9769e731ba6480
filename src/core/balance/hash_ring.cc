#include "core/balance/hash_ring.h"

#include <algorithm>
#include <bit>

#include "base/mix.h"

namespace fairlead::core {
namespace {

// Room for 1000 backends of 150 points. Sorting them takes 25 ms, on the control thread.
constexpr uint64_t kMostPoints = 1 << 18;

struct Point {
  uint64_t place;
  uint64_t identity;
  uint32_t owner;

  // Two backends at the same place stand in the order of their identities.
  auto operator<=>(const Point&) const = default;
};

// How many points of each candidate in `order`.
std::vector<uint64_t> counts_of(std::span<const Candidate> candidates,
                                std::span<const uint32_t> order, uint32_t nodes, uint32_t unit) {
  std::vector<uint64_t> counts;
  uint64_t total = 0;
  for (const uint32_t index : order) {
    counts.push_back((uint64_t{nodes} * candidates[index].weight + unit / 2) / unit);
    total += counts.back();
  }
  int halvings = 0;
  while (total >> halvings > kMostPoints) ++halvings;
  for (uint64_t& count : counts) count = std::max<uint64_t>(1, count >> halvings);
  return counts;
}

}  // namespace

HashRing::HashRing(std::span<const Candidate> candidates, uint32_t nodes, uint32_t unit)
    : order_(by_identity(candidates)) {
  if (order_.empty()) return;
  place_points(candidates, nodes, unit);
  index_points();
  for (size_t i = 0; i < points_.size(); ++i) {
    digest_ = mix(digest_ ^ points_[i]) + candidates[owners_[i]].identity;
  }
  digest_ = mix(digest_);
}

void HashRing::place_points(std::span<const Candidate> candidates, uint32_t nodes, uint32_t unit) {
  const auto counts = counts_of(candidates, order_, nodes, unit);
  std::vector<Point> points;
  for (size_t i = 0; i < order_.size(); ++i) {
    const uint64_t identity = candidates[order_[i]].identity;
    for (uint64_t n = 0; n < counts[i]; ++n) {
      points.push_back({mix(identity + n * 0x9e3779b97f4a7c15), identity, order_[i]});
    }
  }
  std::ranges::sort(points);
  for (const Point& point : points) {
    points_.push_back(point.place);
    owners_.push_back(point.owner);
  }
}

void HashRing::index_points() {
  const int bits = std::max(1, static_cast<int>(std::bit_width(points_.size())));
  shift_ = 64 - bits;
  starts_.resize(size_t{1} << bits);
  size_t place = 0;
  for (size_t i = 0; i < starts_.size(); ++i) {
    while (place < points_.size() && points_[place] >> shift_ < i) ++place;
    starts_[i] = static_cast<uint32_t>(place);
  }
}

}  // namespace fairlead::core
