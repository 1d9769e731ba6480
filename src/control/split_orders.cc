#include "control/split_orders.h"

#include <fmt/format.h>

#include <set>

namespace fairlead::control {
namespace {

std::vector<std::pair<std::string, uint32_t>> file_of(const core::Split& split) {
  std::vector<std::pair<std::string, uint32_t>> file;
  for (const core::SplitPart& part : split.parts()) file.emplace_back(part.name, part.file_weight);
  return file;
}

std::vector<uint32_t> file_weights(const core::Split& split) {
  std::vector<uint32_t> weights;
  for (const core::SplitPart& part : split.parts()) weights.push_back(part.file_weight);
  return weights;
}

std::string text_of(const core::Split& split, uint32_t core::SplitPart::* weight) {
  std::string text;
  for (const core::SplitPart& part : split.parts())
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", part.name, part.*weight);
  return text;
}

std::string text_of(const std::vector<std::pair<std::string, uint32_t>>& pools,
                    const std::vector<uint32_t>& weights) {
  std::string text;
  for (size_t i = 0; i < pools.size(); ++i)
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", pools[i].first, weights[i]);
  return text;
}

}  // namespace

void SplitOrders::give(const core::Split& split, std::vector<uint32_t> weights) {
  const std::pair key(split.listener(), split.route());
  if (weights == file_weights(split))
    orders_.erase(key);
  else
    orders_[key] = {file_of(split), std::move(weights)};
}

SplitOrders::Applied SplitOrders::applied_to(std::shared_ptr<const core::Snapshot> snapshot) {
  if (orders_.empty()) return {std::move(snapshot), {}};
  auto next = std::make_shared<core::Snapshot>(*snapshot);
  Applied applied;
  std::set<std::pair<std::string, std::string>> standing;
  for (uint32_t i = 0; i < snapshot->splits.size(); ++i) {
    const auto& split = snapshot->splits[i];
    const auto found = orders_.find({split->listener(), split->route()});
    if (found == orders_.end()) continue;
    if (found->second.file != file_of(*split)) {
      applied.forgotten.push_back({split, text_of(found->second.file, found->second.weights)});
      continue;
    }
    next->splits[i] = core::with_split_weights(*snapshot, i, found->second.weights)->splits[i];
    standing.insert(found->first);
  }
  std::erase_if(orders_, [&](const auto& order) { return !standing.contains(order.first); });
  applied.snapshot = std::move(next);
  return applied;
}

std::string weights_text(const core::Split& split) {
  return text_of(split, &core::SplitPart::weight);
}
std::string file_weights_text(const core::Split& split) {
  return text_of(split, &core::SplitPart::file_weight);
}

}  // namespace fairlead::control
