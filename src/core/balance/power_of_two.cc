// power_of_two: two distinct candidates drawn by weight, and the less loaded of them.
//
// The second look takes the longest queue from log n to log log n (Mitzenmacher 1996, Azar et al.
// 1999), at constant cost and without the herd that runs to the one least loaded backend whenever
// several balancers look for it. Equal loads: the first draw, so that idle pools follow the
// weights.
#include "core/balance/weighted_draw.h"

namespace fairlead::core {
namespace {

class PowerOfTwo final : public Balancer {
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
    const bool other_is_better = less_loaded(load.active(*other), draw_.weight(*other),
                                             load.active(*one), draw_.weight(*one));
    return __builtin_unpredictable(other_is_better) ? other : one;
  }

  Reasoning reasoning(const Key&, const Load& load) override {
    Reasoning told{.rule = "the less loaded of two that are drawn by weight",
                   .measure = "active / weight"};
    for (uint32_t i = 0; i < draw_.size(); ++i) {
      const double weight = draw_.weight(i);
      told.compared.push_back(weight == 0 ? kNotCompared : load.active(i) / weight);
    }
    return told;
  }

 private:
  WeightedDraw draw_;
};

}  // namespace

std::unique_ptr<Balancer> make_power_of_two(const BalanceConfig&, uint32_t) {
  return std::make_unique<PowerOfTwo>();
}

}  // namespace fairlead::core
