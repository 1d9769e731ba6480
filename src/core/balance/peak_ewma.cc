// peak_ewma: two distinct candidates drawn by weight, and of them the one with the lower peak
// response time * (active / weight + 1).
//
// After Finagle: the average jumps up with one slow answer and comes down over ten seconds, so a
// backend that stalls is left at once and tried again soon. Two draws and not all of them: constant
// cost, and workers that see the same averages do not all run to the same backend. The draw follows
// the weights, so the cost must not favour the heavy ones once more while they are idle: the one
// that is added stands for a piece of work of the backend's own size.
#include "core/balance/weighted_draw.h"

namespace fairlead::core {
namespace {

class PeakEwma final : public Balancer {
 public:
  void update(std::span<const Candidate> candidates, const std::shared_ptr<const Plan>&) override {
    draw_.update(candidates);
  }

  std::optional<uint32_t> pick(const Key&, const Load& load, const Tried& tried,
                               Random& random) override {
    const auto one = draw_.draw(tried, random);
    if (!one || draw_.usable() == 1) return one;
    const auto other = draw_.draw(tried, random, *one);
    if (!other) return one;
    double one_time = load.response(*one, Meter::peak);
    double other_time = load.response(*other, Meter::peak);
    // One that was never measured is taken for as quick as the other.
    if (one_time == 0) one_time = other_time;
    if (other_time == 0) other_time = one_time;
    if (one_time == 0) one_time = other_time = 1;
    // time * (active + weight) / weight, without the divisions.
    const double one_weight = draw_.weight(*one);
    const double other_weight = draw_.weight(*other);
    one_time *= (load.active(*one) + one_weight) * other_weight;
    other_time *= (load.active(*other) + other_weight) * one_weight;
    return __builtin_unpredictable(other_time < one_time) ? other : one;
  }

  Reasoning reasoning(const Key&, const Load& load) override {
    Reasoning told{.rule = "of two that are drawn by weight, the one with less to wait for",
                   .measure = "peak time x (active / weight + 1)",
                   .unit = "ms"};
    for (uint32_t i = 0; i < draw_.size(); ++i) {
      const double time = load.response(i, Meter::peak);
      const double weight = draw_.weight(i);
      const bool out = time == 0 || weight == 0;
      told.compared.push_back(out ? kNotCompared : time / 1e6 * (load.active(i) / weight + 1));
    }
    return told;
  }

  Meter meter() const override { return Meter::peak; }

 private:
  WeightedDraw draw_;
};

}  // namespace

std::unique_ptr<Balancer> make_peak_ewma(const BalanceConfig&, uint32_t) {
  return std::make_unique<PeakEwma>();
}

}  // namespace fairlead::core
