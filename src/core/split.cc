#include "core/split.h"

#include <algorithm>

#include "base/check.h"
#include "core/hash_key.h"

namespace fairlead::core {
namespace {

constexpr bool has(uint32_t bits, uint32_t index) { return (bits >> index & 1) != 0; }

RendezvousList list_of(const std::vector<SplitPart>& parts) {
  std::vector<Candidate> candidates;
  for (uint32_t i = 0; i < parts.size(); ++i) {
    candidates.push_back({i, parts[i].weight, key_of(parts[i].name).hash});
  }
  return RendezvousList(candidates);
}

}  // namespace

Split::Split(std::string listener, std::string route, std::vector<SplitPart> parts)
    : listener_(std::move(listener)),
      route_(std::move(route)),
      parts_(std::move(parts)),
      list_(list_of(parts_)) {
  for (uint32_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].weight > 0) weighted_ |= 1u << i;
  }
  CHECK(weighted_ != 0);
}

bool Split::is_ordered() const {
  return std::ranges::any_of(parts_,
                             [](const SplitPart& part) { return part.weight != part.file_weight; });
}

uint32_t Split::choice_of(uint32_t usable) const {
  return (weighted_ & usable) != 0 ? weighted_ & usable : weighted_;
}

uint32_t Split::draw(uint32_t usable, Random& random) const {
  const uint32_t choice = choice_of(usable);
  uint32_t sum = 0;
  for (uint32_t i = 0; i < parts_.size(); ++i) {
    if (has(choice, i)) sum += parts_[i].weight;
  }
  uint32_t left = random.below(sum);
  uint32_t drawn = 0;
  for (uint32_t i = 0; i < parts_.size(); ++i) {
    if (!has(choice, i)) continue;
    drawn = i;
    if (left < parts_[i].weight) break;
    left -= parts_[i].weight;
  }
  return drawn;
}

uint32_t Split::part_of(uint64_t hash, uint32_t usable) const {
  const uint32_t choice = choice_of(usable);
  return *list_.find(hash, [choice](uint32_t index) { return has(choice, index); });
}

}  // namespace fairlead::core
