// ip_hash: hash(client address) mod the sum of all weights.
//
// Kept because people know it and to be compared with: when a backend leaves a pool of n, (n-1)/n
// of all clients move, and everybody behind one address lands on one backend. Those who begin anew
// take maglev. The backends stand in the order of their identities, so that instances agree.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/balance/balancer.h"

namespace fairlead::core {
namespace {

class IpHash final : public Balancer {
 public:
  void update(std::span<const Candidate> candidates, const std::shared_ptr<const Plan>&) override {
    candidates_.assign(candidates.begin(), candidates.end());
    order_ = by_identity(candidates);
    ends_.clear();
    uint32_t divisor = 0;
    for (const uint32_t index : order_) divisor = std::gcd(divisor, candidates[index].weight);
    total_ = 0;
    for (const uint32_t index : order_) {
      total_ += candidates[index].weight / divisor;
      ends_.push_back(total_);
    }
  }

  std::optional<uint32_t> pick(const Key& key, const Load&, const Tried& tried,
                               Random& random) override {
    if (order_.empty()) return {};
    const uint64_t hash = key.present ? key.hash : random.next();
    const size_t place = place_of(hash % total_);
    if (tried.empty()) return order_[place];
    for (size_t i = 0; i < order_.size(); ++i) {
      const uint32_t index = order_[(place + i) % order_.size()];
      if (!tried.contains(candidates_[index].id)) return index;
    }
    return {};
  }

  Reasoning reasoning(const Key& key, const Load&) override {
    if (!key.present || total_ == 0) return {.rule = "without a key: a draw by weight"};
    return {.rule = "hash mod the sum of all weights",
            .place = fmt::format("{} of {}", key.hash % total_, total_)};
  }

 private:
  size_t place_of(uint64_t turn) const {
    if (total_ == order_.size()) return turn;  // equal weights
    return static_cast<size_t>(std::ranges::upper_bound(ends_, turn) - ends_.begin());
  }

  std::vector<Candidate> candidates_;
  std::vector<uint32_t> order_;  // by identity
  std::vector<uint64_t> ends_;   // of each one's stretch of [0, total_)
  uint64_t total_ = 0;
};

}  // namespace

std::unique_ptr<Balancer> make_ip_hash(const BalanceConfig&, uint32_t) {
  return std::make_unique<IpHash>();
}

}  // namespace fairlead::core
