#include "core/sticky/names.h"

#include <algorithm>
#include <string>

namespace fairlead::core {
namespace {

uint64_t name_under(const Seal& seal, size_t key, std::string_view pool, std::string_view address) {
  std::string text("fairlead backend 1\0", 19);
  text.append(pool).push_back('\0');
  text.append(address);
  const Seal::Mark mark = seal.mark(key, text);
  uint64_t name = 0;
  for (size_t i = 0; i < sizeof name; ++i) name = name << 8 | mark[i];
  return name;
}

// The second of the pair whose first it is, in a sorted list.
template <typename First, typename Second>
std::optional<Second> look_up(const std::vector<std::pair<First, Second>>& list, First first) {
  const auto found = std::ranges::lower_bound(list, first, {}, &std::pair<First, Second>::first);
  if (found == list.end() || found->first != first) return {};
  return found->second;
}

}  // namespace

StickyNames::StickyNames(std::string_view pool, const std::vector<Backend>& backends,
                         const Seal& seal)
    : by_name_(seal.keys()) {
  for (size_t key = 0; key < seal.keys(); ++key) {
    for (const Backend& backend : backends) {
      const uint64_t name = name_under(seal, key, pool, backend.address);
      by_name_[key].emplace_back(name, backend.id);
      if (key == 0) own_.emplace_back(backend.id, name);
    }
    std::ranges::sort(by_name_[key]);
  }
  std::ranges::sort(own_);
}

std::optional<uint64_t> StickyNames::name_of(uint32_t backend) const {
  return look_up(own_, backend);
}

std::optional<uint32_t> StickyNames::find(size_t key, uint64_t name) const {
  if (key >= by_name_.size()) return {};
  return look_up(by_name_[key], name);
}

}  // namespace fairlead::core
