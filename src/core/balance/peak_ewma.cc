// peak_ewma: two distinct candidates drawn by weight, and of them the one with the lower peak
// response time * (active / weight + 1).
//
// After Finagle: the average jumps up with one slow answer and comes down over ten seconds, so a
// backend that stalls is left at once and tried again soon. The draw follows the weights, so the
// cost must not favour the heavy ones once more while they are idle: the one that is added stands
// for a piece of work of the backend's own size.
#include "core/balance/two_draws.h"

namespace fairlead::core {
namespace {

class PeakEwma final : public TwoDraws<PeakEwma> {
 public:
  bool is_better(const Load& load, uint32_t one, uint32_t than) const {
    double time = load.response(one, Meter::peak);
    double than_time = load.response(than, Meter::peak);
    // One that was never measured is taken for as quick as the other.
    if (time == 0) time = than_time;
    if (than_time == 0) than_time = time;
    if (time == 0) time = than_time = 1;
    // time * (active + weight) / weight, without the divisions.
    const double weight = draw_.weight(one);
    const double than_weight = draw_.weight(than);
    return time * (load.active(one) + weight) * than_weight <
           than_time * (load.active(than) + than_weight) * weight;
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
};

}  // namespace

std::unique_ptr<Balancer> make_peak_ewma(const BalanceConfig&, uint32_t) {
  return std::make_unique<PeakEwma>();
}

}  // namespace fairlead::core
