#include "core/balance/weighted_draw.h"

namespace fairlead::core {
namespace {

using Wide = unsigned __int128;

// How often a draw that hit somebody tried is repeated before the exact way: with half of the
// weight tried, one draw in 256 gets there.
constexpr int kRedraws = 8;

}  // namespace

void WeightedDraw::update(std::span<const Candidate> candidates) {
  cells_.assign(candidates.size(), {});
  weights_.clear();
  usable_ = 0;
  uint64_t total = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    cells_[i].id = candidates[i].id;
    weights_.push_back(candidates[i].weight);
    usable_ += candidates[i].weight > 0;
    total += candidates[i].weight;
  }
  if (usable_ > 0) fill_cells(total);
}

std::vector<double> WeightedDraw::chances() const {
  double total = 0;
  for (const uint32_t weight : weights_) total += weight;
  std::vector<double> chances;
  for (const uint32_t weight : weights_) chances.push_back(total > 0 ? weight / total : 0);
  return chances;
}

// Scaled by n, every cell holds `total`. Who has less gives the rest of its cell to one that has
// more, which goes on with what is left of it.
void WeightedDraw::fill_cells(uint64_t total) {
  const size_t n = cells_.size();
  std::vector<uint64_t> left(n);
  std::vector<uint32_t> poor;
  std::vector<uint32_t> rich;
  for (uint32_t i = 0; i < n; ++i) {
    left[i] = uint64_t{weights_[i]} * n;
    cells_[i].share = ~uint64_t{0};
    cells_[i].other = i;
    (left[i] < total ? poor : rich).push_back(i);
  }
  while (!poor.empty() && !rich.empty()) {
    const uint32_t giver = poor.back();
    const uint32_t taker = rich.back();
    poor.pop_back();
    cells_[giver].share = static_cast<uint64_t>((Wide{left[giver]} << 64) / total);
    cells_[giver].other = taker;
    left[taker] -= total - left[giver];
    if (left[taker] < total) {
      rich.pop_back();
      poor.push_back(taker);
    }
  }
}

uint32_t WeightedDraw::draw_any(Random& random) const {
  // One number is both: its product's whole part the cell, its fraction the place in the cell.
  const Wide product = Wide{random.next()} * cells_.size();
  const auto index = static_cast<uint32_t>(product >> 64);
  const Cell& cell = cells_[index];
  // A coin's fall: a jump that is guessed wrong half of the time costs more than both values.
  const bool is_owner = static_cast<uint64_t>(product) < cell.share;
  return __builtin_unpredictable(is_owner) ? index : cell.other;
}

std::optional<uint32_t> WeightedDraw::draw(const Tried& tried, Random& random,
                                           uint32_t except) const {
  if (usable_ == 0) return {};
  for (int i = 0; i < kRedraws; ++i) {
    const uint32_t index = draw_any(random);
    if (index == except || weights_[index] == 0) continue;
    if (tried.empty() || !tried.contains(cells_[index].id)) return index;
  }
  return draw_slowly(tried, random, except);
}

std::optional<uint32_t> WeightedDraw::draw_slowly(const Tried& tried, Random& random,
                                                  uint32_t except) const {
  auto weight_of = [&](uint32_t i) -> uint64_t {
    return i == except || tried.contains(cells_[i].id) ? 0 : weights_[i];
  };
  uint64_t total = 0;
  for (uint32_t i = 0; i < cells_.size(); ++i) total += weight_of(i);
  if (total == 0) return {};
  auto place = static_cast<uint64_t>(Wide{random.next()} * total >> 64);
  for (uint32_t i = 0;; ++i) {
    const uint64_t weight = weight_of(i);
    if (place < weight) return i;
    place -= weight;
  }
}

}  // namespace fairlead::core
