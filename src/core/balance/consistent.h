// Consistent: the balancer over a plan that sends the same key to the same backend.
//
// Shared by maglev, ring_hash and rendezvous, which differ in their plans alone. A plan names the
// first backend of a key and, where that one was tried or is full, the next ones in an order that
// the key determines as well: every instance moves a key to the same second choice.
//
// bounded_load (Mirrokni, Thorup and Zadimoghaddam 2018): no backend is given more than `bound`
// times its share of all that runs in the pool. What is beyond goes on in the key's order, so a
// busy key spills to the same few backends. A sum over all loads at each pick: O(n).
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/balance/balancer.h"

namespace fairlead::core {

// How much each candidate may have.
class LoadBound {
 public:
  // `percent`: of its share of the load by weight; at least 100, so there is always room somewhere.
  LoadBound(uint32_t percent, std::span<const Candidate> candidates, const Load& load)
      : candidates_(candidates), load_(load) {
    uint64_t active = 1;  // with the piece of work that is to be placed
    for (uint32_t i = 0; i < candidates.size(); ++i) {
      weight_ += candidates[i].weight;
      active += load.active(i);
    }
    allowance_ = Wide{active} * percent;
  }

  bool has_room(uint32_t index) const { return load_.active(index) + Wide{1} <= most(index); }

  // ceil(percent / 100 * active * weight / total weight)
  unsigned __int128 most(uint32_t index) const {
    const Wide whole = Wide{weight_} * 100;
    return (allowance_ * candidates_[index].weight + whole - 1) / whole;
  }

 private:
  using Wide = unsigned __int128;
  std::span<const Candidate> candidates_;
  const Load& load_;
  uint64_t weight_ = 0;
  Wide allowance_ = 0;
};

// P: a Plan with `bool empty() const`, `uint32_t first(uint64_t hash) const` (REQUIRES: !empty()),
// `Reasoning reasoning(uint64_t hash) const` (the same), and `std::optional<uint32_t> find(uint64_t
// hash, usable) const`, the first in the key's order for which usable(index) holds.
template <typename P>
class Consistent final : public Balancer {
 public:
  explicit Consistent(const BalanceConfig& config) : bound_(config.bounded_load) {}

  void update(std::span<const Candidate> candidates,
              const std::shared_ptr<const Plan>& plan) override {
    candidates_.assign(candidates.begin(), candidates.end());
    plan_ = std::static_pointer_cast<const P>(plan);
  }

  std::optional<uint32_t> pick(const Key& key, const Load& load, const Tried& tried,
                               Random& random) override {
    if (plan_ == nullptr || plan_->empty()) return {};
    // Without a key any place will do: a draw by weight.
    const uint64_t hash = key.present ? key.hash : random.next();
    if (bound_ == 0 && tried.empty()) return plan_->first(hash);
    const auto untried = [&](uint32_t i) { return !tried.contains(candidates_[i].id); };
    if (bound_ != 0) {
      const LoadBound bound(bound_, candidates_, load);
      const auto found =
          plan_->find(hash, [&](uint32_t i) { return bound.has_room(i) && untried(i); });
      if (found) return found;
    }
    return plan_->find(hash, untried);
  }

  // Without a key, and where nobody is held to a bound, it is a draw by weight.
  std::vector<double> chances(const Key& key, const Load&) const override {
    if (key.present || bound_ != 0 || plan_ == nullptr || plan_->empty()) return {};
    double total = 0;
    for (const Candidate& candidate : candidates_) total += candidate.weight;
    std::vector<double> chances;
    for (const Candidate& candidate : candidates_) chances.push_back(candidate.weight / total);
    return chances;
  }

  Reasoning reasoning(const Key& key, const Load& load) override {
    if (plan_ == nullptr || plan_->empty()) return {.rule = "nobody is there"};
    Reasoning told{.rule = "without a key: a draw by weight"};
    if (key.present) told = plan_->reasoning(key.hash);
    if (bound_ == 0) return told;
    const LoadBound bound(bound_, candidates_, load);
    for (uint32_t i = 0; i < candidates_.size(); ++i)
      told.most.push_back(static_cast<uint32_t>(bound.most(i)));
    return told;
  }

 private:
  const uint32_t bound_;  // in percent; 0: none
  std::vector<Candidate> candidates_;
  std::shared_ptr<const P> plan_;
};

}  // namespace fairlead::core
