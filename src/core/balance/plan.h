// Plan: what an algorithm works out once for a set of candidates: a table, a ring, a list.
//
// Made on the control thread together with the pool's snapshot and shared by all workers, so a
// table of 65537 slots is built once for a change and not once for each worker. Immutable. The same
// backends and weights give the same plan on every instance, whatever their order in the file: the
// digest tells whether two instances agree.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/balance/candidate.h"
#include "core/config/config.h"

namespace fairlead::core {

class Plan {
 public:
  virtual ~Plan() = default;
  // A hash over which backend gets what; equal digests mean equal choices for every key.
  virtual uint64_t digest() const = 0;
};

// Sixteen hexadecimal digits: as the API, the metrics and `explain` show it.
std::string digest_text(const Plan& plan);

// The plan that `config.algorithm` needs; null for algorithms that have none. `unit`: the weight
// that stands for 1 in the configuration (core/tiers), for what is laid out in absolute numbers.
// Cost: up to some milliseconds (maglev, rings). Allocates.
std::shared_ptr<const Plan> make_plan(const BalanceConfig& config,
                                      std::span<const Candidate> candidates, uint32_t unit = 1);

// The indexes of the candidates that have weight, in the order of their identities: the same order
// on every instance.
std::vector<uint32_t> by_identity(std::span<const Candidate> candidates);

// The first of `order` that is usable, from a place that the hash determines; the way out where a
// plan's own order has been followed for long enough. Cost: linear.
template <typename Usable>
std::optional<uint32_t> scan(std::span<const uint32_t> order, uint64_t hash, Usable&& usable) {
  const auto start =
      static_cast<size_t>((static_cast<unsigned __int128>(hash) * order.size()) >> 64);
  for (size_t i = 0; i < order.size(); ++i) {
    const uint32_t index = order[(start + i) % order.size()];
    if (usable(index)) return index;
  }
  return {};
}

}  // namespace fairlead::core
