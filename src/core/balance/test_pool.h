// TestPool: candidates with loads that a test sets, and what a balancer does with them.
//
// For the tests of this folder alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/balance/balancer.h"

namespace fairlead::core {

class TestPool {
 public:
  // Candidate i has id 100 + i, so that an index taken for an id is found out.
  explicit TestPool(const std::vector<uint32_t>& weights)
      : loads_(std::make_unique<LiveLoad[]>(weights.size())) {
    for (uint32_t i = 0; i < weights.size(); ++i) {
      candidates_.push_back({100 + i, weights[i], 0x9e3779b97f4a7c15 * (i + 1)});
      pointers_.push_back(&loads_[i]);
    }
  }

  std::unique_ptr<Balancer> balancer(const std::string& name, uint32_t start = 0) const {
    auto made = make_balancer(BalanceConfig{.algorithm = name}, start);
    made->update(candidates_);
    return made;
  }

  const std::vector<Candidate>& candidates() const { return candidates_; }
  Load load() const { return Load(pointers_); }
  void set_active(uint32_t index, uint32_t active) { loads_[index].active = active; }
  uint32_t active(uint32_t index) const { return loads_[index].active; }

  std::optional<uint32_t> pick(Balancer& balancer, const Tried& tried = {}) {
    return balancer.pick(Key{}, load(), tried, random_);
  }
  // `count` picks as letters: candidate 0 is a, 1 is b; '-' for none.
  std::string picks(Balancer& balancer, size_t count, const Tried& tried = {}) {
    std::string letters;
    for (size_t i = 0; i < count; ++i) {
      const auto index = pick(balancer, tried);
      letters += index ? static_cast<char>('a' + *index) : '-';
    }
    return letters;
  }
  // How often each was picked in `count` picks. REQUIRES: a candidate with weight.
  std::vector<uint64_t> shares(Balancer& balancer, size_t count, const Tried& tried = {}) {
    std::vector<uint64_t> result(candidates_.size());
    for (size_t i = 0; i < count; ++i) ++result[*pick(balancer, tried)];
    return result;
  }
  Random& random() { return random_; }

 private:
  std::unique_ptr<LiveLoad[]> loads_;
  std::vector<const LiveLoad*> pointers_;
  std::vector<Candidate> candidates_;
  Random random_{42};
};

inline Tried tried_of(const std::vector<uint32_t>& indexes) {
  Tried tried;
  for (uint32_t index : indexes) tried.exclude(100 + index);
  return tried;
}

}  // namespace fairlead::core
