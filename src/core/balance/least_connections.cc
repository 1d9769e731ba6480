// least_connections: the least active / weight, over all workers; ties in turn, by weight.
//
// Loads are exact, so the slow backend of a pool gets nothing new while it is busy. The turn among
// ties is smooth and weighted: an idle pool is served like round_robin, not always the first.

#include <vector>

#include "core/balance/balancer.h"
#include "core/balance/smooth.h"

namespace fairlead::core {
namespace {

class LeastConnections final : public Balancer {
 public:
  explicit LeastConnections(uint32_t start) : turn_(start) {}

  void update(std::span<const Candidate> candidates, const std::shared_ptr<const Plan>&) override {
    candidates_.assign(candidates.begin(), candidates.end());
    active_.assign(candidates.size(), 0);
    turns_.clear();
    for (const Candidate& candidate : candidates) turns_.add(candidate.weight);
    // Each start is a step further; more than one round of them tells no workers apart.
    const auto steps = candidates.empty() ? 0 : turn_ % candidates.size();
    for (size_t i = 0; i < steps && i < kMostSteps; ++i) turns_.next();
  }

  std::optional<uint32_t> pick(const Key&, const Load& load, const Tried& tried, Random&) override {
    const auto least = find_least(load, tried);
    if (!least) return {};
    ++turn_;
    if (ties_ == 1) return least;
    const uint32_t active = active_[*least];
    const uint32_t weight = candidates_[*least].weight;
    return turns_.next([&](size_t i) {
      return active_[i] != kOut &&
             uint64_t{active_[i]} * weight == uint64_t{active} * candidates_[i].weight;
    });
  }

  Reasoning reasoning(const Key&, const Load& load) override {
    Reasoning told{.rule = "least active / weight; ties in turn", .measure = "active / weight"};
    find_least(load, {});
    for (uint32_t i = 0; i < candidates_.size(); ++i) {
      const bool out = active_[i] == kOut;
      told.compared.push_back(out ? kNotCompared : double(active_[i]) / candidates_[i].weight);
    }
    return told;
  }

 private:
  static constexpr uint32_t kOut = ~uint32_t{0};  // as a load: tried, or without weight
  static constexpr size_t kMostSteps = 64;        // bounds an update to 64 n

  // Notes every load, because they change under our eyes, and counts those that tie for the least.
  std::optional<uint32_t> find_least(const Load& load, const Tried& tried) {
    std::optional<uint32_t> least;
    for (uint32_t i = 0; i < candidates_.size(); ++i) {
      const Candidate& candidate = candidates_[i];
      active_[i] = kOut;
      if (candidate.weight == 0 || (!tried.empty() && tried.contains(candidate.id))) continue;
      active_[i] = load.active(i);
      if (!least) {
        least = i;
        ties_ = 1;
        continue;
      }
      const uint64_t mine = uint64_t{active_[i]} * candidates_[*least].weight;
      const uint64_t its = uint64_t{active_[*least]} * candidate.weight;
      if (mine < its) {
        least = i;
        ties_ = 1;
      } else if (mine == its) {
        ++ties_;
      }
    }
    return least;
  }

  std::vector<Candidate> candidates_;
  std::vector<uint32_t> active_;  // at the current pick
  uint32_t ties_ = 0;             // at the current pick
  SmoothTurns turns_;
  uint64_t turn_;
};

}  // namespace

std::unique_ptr<Balancer> make_least_connections(const BalanceConfig&, uint32_t start) {
  return std::make_unique<LeastConnections>(start);
}

}  // namespace fairlead::core
