// power_of_two: two distinct candidates drawn by weight, and the less loaded of them.
#include "core/balance/two_draws.h"

namespace fairlead::core {
namespace {

class PowerOfTwo final : public TwoDraws<PowerOfTwo> {
 public:
  bool is_better(const Load& load, uint32_t one, uint32_t than) const {
    return less_loaded(load.active(one), draw_.weight(one), load.active(than), draw_.weight(than));
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
};

}  // namespace

std::unique_ptr<Balancer> make_power_of_two(const BalanceConfig&, uint32_t) {
  return std::make_unique<PowerOfTwo>();
}

}  // namespace fairlead::core
