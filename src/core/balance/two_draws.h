// TwoDraws: two distinct candidates drawn by weight, and the better one of them.
//
// The second look takes the longest queue from log n to log log n (Mitzenmacher 1996, Azar et al.
// 1999), at constant cost and without the herd that runs to the one best backend whenever several
// balancers look for it. What is better is the algorithm's: Self::is_better(load, one, than), of
// two indices. Where neither is: the first draw, so that idle pools follow the weights.
#pragma once

#include "core/balance/weighted_draw.h"

namespace fairlead::core {

template <typename Self>
class TwoDraws : public Balancer {
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
    const bool better = static_cast<const Self&>(*this).is_better(load, *other, *one);
    return __builtin_unpredictable(better) ? other : one;
  }

  // Of every first draw and every other one behind it.
  std::vector<double> chances(const Key&, const Load& load) const override {
    const std::vector<double> shares = draw_.chances();
    if (draw_.usable() <= 1) return shares;
    std::vector<double> chances(shares.size());
    for (uint32_t one = 0; one < shares.size(); ++one) {
      for (uint32_t other = 0; other < shares.size(); ++other) {
        if (one == other || shares[one] == 0 || shares[other] == 0) continue;
        const bool better = static_cast<const Self&>(*this).is_better(load, other, one);
        chances[better ? other : one] += shares[one] * shares[other] / (1 - shares[one]);
      }
    }
    return chances;
  }

 protected:
  WeightedDraw draw_;
};

}  // namespace fairlead::core
