// round_robin: each in turn, as often as its weight says, as evenly spread as can be.
//
// The turns repeat after total weight / gcd picks, so they are worked out once, a step at each pick
// of the first cycle, and then read off: constant time, and an update costs next to nothing. Equal
// weights need no list at all. A cycle that is too long to keep is worked out at every pick, O(n).
#include <algorithm>
#include <numeric>
#include <vector>

#include "core/balance/smooth.h"
#include "core/balance/weighted_draw.h"

namespace fairlead::core {
namespace {

class RoundRobin final : public Balancer {
 public:
  explicit RoundRobin(uint32_t start) : turn_(start) {}

  void update(std::span<const Candidate> candidates, const std::shared_ptr<const Plan>&) override {
    for_retries_.update(candidates);
    ids_.clear();
    for (const Candidate& candidate : candidates) ids_.push_back(candidate.id);
    set_weights(candidates);
    resume();
  }

  std::optional<uint32_t> pick(const Key&, const Load&, const Tried& tried,
                               Random& random) override {
    if (indexes_.empty()) return {};
    if (tried.empty()) return next();
    for (int i = 0; i < kTurnsForRetry; ++i) {
      const uint32_t index = next();
      if (!tried.contains(ids_[index])) return index;
    }
    return for_retries_.draw(tried, random);
  }

  Reasoning reasoning(const Key&, const Load&) override {
    return {.rule = "each in turn, as often as its weight says"};
  }

 private:
  // 128 KiB for each worker and pool at most; weights of a few dozen on a hundred backends fit.
  static constexpr uint64_t kLongestKept = 32 * 1024;
  // Bounds what an update costs, in steps x candidates: about 20 us.
  static constexpr uint64_t kResumeBudget = 16 * 1024;
  // Turns that a retry may skip before it draws: a tried backend's turns may come in runs.
  static constexpr int kTurnsForRetry = 8;

  void set_weights(std::span<const Candidate> candidates) {
    uint32_t divisor = 0;
    for (const Candidate& candidate : candidates) divisor = std::gcd(divisor, candidate.weight);
    indexes_.clear();
    turns_.clear();
    cycle_ = 0;
    even_ = true;
    for (uint32_t i = 0; i < candidates.size(); ++i) {
      if (candidates[i].weight == 0) continue;
      const uint32_t weight = candidates[i].weight / divisor;
      indexes_.push_back(i);
      turns_.add(weight);
      cycle_ += weight;
      even_ = even_ && weight == 1;
    }
  }

  // Goes on about where the turns were before the update: a pool whose members flip often must not
  // begin with the first of them each time.
  void resume() {
    kept_.clear();
    place_ = 0;
    if (indexes_.empty()) return;
    if (even_) {
      place_ = turn_ % cycle_;
      return;
    }
    if (cycle_ <= kLongestKept) kept_.reserve(cycle_);
    const uint64_t longest = kResumeBudget / indexes_.size() + 1;
    const uint64_t steps = turn_ % std::min(cycle_, longest);
    for (uint64_t i = 0; i < steps; ++i) step();
  }

  uint32_t next() {
    ++turn_;
    return indexes_[step()];
  }

  uint32_t step() {
    if (!even_ && cycle_ > kLongestKept) return turns_.next();
    const uint64_t place = place_;
    if (++place_ == cycle_) place_ = 0;
    if (even_) return static_cast<uint32_t>(place);
    if (place == kept_.size()) kept_.push_back(turns_.next());
    return kept_[place];
  }

  std::vector<uint32_t> ids_;      // of each candidate
  std::vector<uint32_t> indexes_;  // of the candidates with weight
  SmoothTurns turns_;              // of indexes_
  std::vector<uint32_t> kept_;     // the cycle as far as it is known, into indexes_
  uint64_t cycle_ = 0;             // picks until the turns repeat
  uint64_t place_ = 0;             // in the cycle
  bool even_ = true;               // all weights are equal
  uint64_t turn_;                  // picks so far, and the start
  WeightedDraw for_retries_;
};

}  // namespace

std::unique_ptr<Balancer> make_round_robin(const BalanceConfig&, uint32_t start) {
  return std::make_unique<RoundRobin>(start);
}

}  // namespace fairlead::core
