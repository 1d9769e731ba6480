// TestPool: candidates with loads that a test sets, and what a balancer does with them.
//
// For the tests of this folder alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/backend.h"
#include "core/balance/balancer.h"

namespace fairlead::core {

class TestPool {
 public:
  // Candidate i has id 100 + i, so that an index taken for an id is found out.
  explicit TestPool(const std::vector<uint32_t>& weights)
      : loads_(std::make_unique<LiveLoad[]>(weights.size())) {
    for (uint32_t i = 0; i < weights.size(); ++i) {
      const Address address(Ip::v4({10, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}),
                            8080);
      candidates_.push_back({100 + i, weights[i], identity_of(address)});
      pointers_.push_back(&loads_[i]);
    }
  }

  std::unique_ptr<Balancer> balancer(const std::string& name, uint32_t start = 0) const {
    return balancer(BalanceConfig{.algorithm = name}, start);
  }
  std::unique_ptr<Balancer> balancer(const BalanceConfig& config, uint32_t start = 0) const {
    auto made = make_balancer(config, start);
    update(*made, config, candidates_);
    return made;
  }
  static void update(Balancer& balancer, const BalanceConfig& config,
                     std::span<const Candidate> candidates) {
    balancer.update(candidates, make_plan(config, candidates));
  }

  const std::vector<Candidate>& candidates() const { return candidates_; }
  Load load() const { return Load(pointers_, now); }
  void set_active(uint32_t index, uint32_t active) { loads_[index].active = active; }
  uint32_t active(uint32_t index) const { return loads_[index].active; }

  ResponseTime& response(uint32_t index) { return loads_[index].response; }

  std::optional<uint32_t> pick(Balancer& balancer, const Tried& tried = {}, const Key& key = {}) {
    return balancer.pick(key, load(), tried, random_);
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

  Instant now{1h};

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
