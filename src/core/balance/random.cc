// random: any candidate, by weight.
//
// Needs no memory of the past and no load, and so is the one that nothing can mislead; but without
// looking at loads, some backend always has a queue (see power_of_two).
#include "core/balance/weighted_draw.h"

namespace fairlead::core {
namespace {

class RandomByWeight final : public Balancer {
 public:
  void update(std::span<const Candidate> candidates, const std::shared_ptr<const Plan>&) override {
    draw_.update(candidates);
  }

  std::optional<uint32_t> pick(const Key&, const Load&, const Tried& tried,
                               Random& random) override {
    return draw_.draw(tried, random);
  }

  std::vector<double> chances(const Key&, const Load&) const override { return draw_.chances(); }

  Reasoning reasoning(const Key&, const Load&) override { return {.rule = "a draw by weight"}; }

 private:
  WeightedDraw draw_;
};

}  // namespace

std::unique_ptr<Balancer> make_random(const BalanceConfig&, uint32_t) {
  return std::make_unique<RandomByWeight>();
}

}  // namespace fairlead::core
