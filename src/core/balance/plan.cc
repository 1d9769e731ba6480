#include "core/balance/plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace fairlead::core {

std::string digest_text(const Plan& plan) { return fmt::format("{:016x}", plan.digest()); }

std::vector<uint32_t> by_identity(std::span<const Candidate> candidates) {
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].weight > 0) order.push_back(i);
  }
  std::ranges::sort(order, {}, [&](uint32_t i) { return candidates[i].identity; });
  return order;
}

}  // namespace fairlead::core
