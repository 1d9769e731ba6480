// least_time: the least (active + 1) * average response time / weight, over all workers.
//
// The product is how long the next piece of work will probably take, so quick backends get more
// without anybody saying so. Averages fade (core/balance/response_time): who is not asked because
// it was slow is asked again after a while. A backend that was never measured is taken for a
// typical one, not for the quickest: a new one must not get everything until its first answer. As
// long as nobody was measured, and among equals, least active / weight decides, and then turns.
#include <vector>

#include "core/balance/balancer.h"
#include "core/balance/smooth.h"

namespace fairlead::core {
namespace {

class LeastTime final : public Balancer {
 public:
  explicit LeastTime(uint32_t start) : turn_(start) {}

  void update(std::span<const Candidate> candidates, const std::shared_ptr<const Plan>&) override {
    candidates_.assign(candidates.begin(), candidates.end());
    costs_.assign(candidates.size(), kOut);
    turns_.clear();
    for (const Candidate& candidate : candidates) turns_.add(candidate.weight);
    const auto steps = candidates.empty() ? 0 : turn_ % candidates.size();
    for (size_t i = 0; i < steps && i < kMostSteps; ++i) turns_.next();
  }

  std::optional<uint32_t> pick(const Key&, const Load& load, const Tried& tried, Random&) override {
    ++turn_;
    const double typical = note_times(load, tried);
    std::optional<uint32_t> best;
    uint32_t ties = 0;
    for (uint32_t i = 0; i < costs_.size(); ++i) {
      if (costs_[i] == kOut) continue;
      costs_[i] = cost_of(i, load, typical);
      if (best && costs_[i] > costs_[*best]) continue;
      ties = best && costs_[i] == costs_[*best] ? ties + 1 : 1;
      best = i;
    }
    if (ties < 2) return best;
    const double least = costs_[*best];
    return turns_.next([&](size_t i) { return costs_[i] == least; });
  }

  Reasoning reasoning(const Key&, const Load& load) override {
    const double typical = note_times(load, {});
    Reasoning told;
    if (typical == 0) {
      told = {.rule = "least active / weight, as nothing was measured yet; ties in turn",
              .measure = "active / weight"};
    } else {
      told = {.rule = "least (active + 1) x average time / weight",
              .measure = "(active + 1) x average / weight",
              .unit = "ms"};
    }
    for (uint32_t i = 0; i < costs_.size(); ++i) {
      const double cost = costs_[i] == kOut ? kNotCompared : cost_of(i, load, typical);
      told.compared.push_back(typical == 0 ? cost : cost / kNsInMs);
    }
    return told;
  }

  Meter meter() const override { return Meter::mean; }

 private:
  static constexpr double kOut = -1;
  static constexpr double kNsInMs = 1e6;
  static constexpr size_t kMostSteps = 64;  // bounds an update to 64 n

  // Puts everybody's time into costs_, kOut for whoever is none of the candidates. Gives the mean
  // of those that were measured, 0 for none.
  double note_times(const Load& load, const Tried& tried) {
    double sum = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < candidates_.size(); ++i) {
      const Candidate& candidate = candidates_[i];
      costs_[i] = kOut;
      if (candidate.weight == 0 || (!tried.empty() && tried.contains(candidate.id))) continue;
      costs_[i] = load.response(i, Meter::mean);
      sum += costs_[i];
      count += costs_[i] > 0;
    }
    return count == 0 ? 0 : sum / count;
  }

  double cost_of(uint32_t index, const Load& load, double typical) const {
    const double active = load.active(index);
    const double weight = candidates_[index].weight;
    if (typical == 0) return active / weight;
    return (active + 1) * (costs_[index] > 0 ? costs_[index] : typical) / weight;
  }

  std::vector<Candidate> candidates_;
  std::vector<double> costs_;  // at the current pick
  SmoothTurns turns_;
  uint64_t turn_;
};

}  // namespace

std::unique_ptr<Balancer> make_least_time(const BalanceConfig&, uint32_t start) {
  return std::make_unique<LeastTime>(start);
}

}  // namespace fairlead::core
