#include "core/tiers.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "base/mix.h"

namespace fairlead::core {
namespace {

constexpr uint64_t kWhole = 10'000;    // all of the traffic
constexpr uint64_t kReserve = 14'000;  // 1.4 of it: what a tier of which nothing is missing carries

// A group of members that is as good as another one is bad: a tier, or a zone within it.
struct Group {
  uint64_t usable = 0;  // weight
  uint64_t total = 0;   // weight, whatever the states
  uint64_t load = 0;    // its part of kWhole
};

// What each of the groups carries, the first before the second and so on.
template <typename Groups>
void share_out(Groups& groups) {
  uint64_t health = 0;
  for (auto& [key, group] : groups) {
    group.load = std::min(kWhole, kReserve * group.usable / std::max<uint64_t>(group.total, 1));
    if (group.usable > 0) group.load = std::max<uint64_t>(group.load, 1);  // however little it is
    health += group.load;
  }
  // Not even all together are whole: then each carries as much as it is whole itself.
  const uint64_t scale = std::clamp<uint64_t>(health, 1, kWhole);
  uint64_t left = kWhole;
  for (auto& [key, group] : groups) {
    group.load = std::min(left, group.load * kWhole / scale);
    left -= group.load;
  }
}

class Settlement {
 public:
  Settlement(std::span<const Member> members, const PoolConfig& config)
      : members_(members), config_(config) {}

  Settled settle() {
    take_usable();
    drop_backups();
    share_by_tier_and_zone();
    take_subset();
    return std::move(settled_);
  }

 private:
  // A tier and, within it, 0 for the own zone and 1 for the others.
  using Place = std::pair<uint32_t, int>;

  bool is_usable(size_t i) const { return settled_.weights[i] > 0; }
  void leave_out(size_t i, Use use) {
    if (is_usable(i)) settled_.uses[i] = use;
    settled_.weights[i] = 0;
  }
  uint64_t full_weight(size_t i) const { return uint64_t{members_[i].weight} * scale_; }
  Place place_of(size_t i) const {
    const bool own = config_.here.zone.empty() || members_[i].zone == config_.here.zone;
    return {members_[i].priority, own ? 0 : 1};
  }

  void take_usable() {
    const auto is_partial = [](const Member& m) { return m.eligible && m.share < 100; };
    const bool partial = std::ranges::any_of(members_, is_partial);
    scale_ = partial ? 100 : 1;
    uint32_t divisor = 0;
    for (const Member& member : members_) {
      divisor = std::gcd(divisor, member.weight);
      const uint32_t part = partial ? std::max<uint32_t>(member.share, 1) : 1;
      settled_.weights.push_back(member.eligible ? member.weight * part : 0);
      const Use out = member.weight == 0 ? Use::weightless : Use::state;
      settled_.uses.push_back(member.eligible ? Use::used : out);
    }
    settled_.unit = std::max(divisor, 1u) * scale_;
  }

  void drop_backups() {
    bool any = false;
    for (size_t i = 0; i < members_.size(); ++i) any |= is_usable(i) && !members_[i].backup;
    if (any) {
      for (size_t i = 0; i < members_.size(); ++i) {
        if (members_[i].backup) leave_out(i, Use::backup);
      }
      return;
    }
    settled_.on_backup = true;
  }

  void share_by_tier_and_zone() {
    std::map<Place, Group> groups;
    std::map<uint32_t, Group> tiers;
    for (size_t i = 0; i < members_.size(); ++i) {
      if (members_[i].weight == 0 || members_[i].backup != settled_.on_backup) continue;
      for (Group* group : {&groups[place_of(i)], &tiers[members_[i].priority]}) {
        group->usable += settled_.weights[i];
        group->total += full_weight(i);
      }
    }
    if (groups.size() < 2) return;
    share_out(tiers);
    for (auto& [tier, carried] : tiers) {
      std::map<Place, Group> zones(groups.lower_bound({tier, 0}), groups.upper_bound({tier, 1}));
      share_out(zones);
      for (auto& [place, zone] : zones) groups[place].load = zone.load * carried.load;
    }
    for (size_t i = 0; i < members_.size(); ++i) {
      if (groups[place_of(i)].load > 0) continue;
      leave_out(i, tiers[members_[i].priority].load == 0 ? Use::tier : Use::zone);
    }
    apply(groups);
  }

  // Every group's load is divided among its members by weight. Where one group carries everything,
  // the weights stay as they are.
  void apply(std::map<Place, Group>& groups) {
    const auto carries = [](const auto& entry) {
      return entry.second.load > 0 && entry.second.usable > 0;
    };
    const bool alone = std::ranges::count_if(groups, carries) < 2;
    std::vector<unsigned __int128> parts;
    unsigned __int128 largest = 1;
    for (size_t i = 0; i < members_.size(); ++i) {
      const Group& group = groups[place_of(i)];
      parts.push_back(
          !is_usable(i) ? 0
                        : (static_cast<unsigned __int128>(settled_.weights[i]) * group.load << 32) /
                              group.usable);
      largest = std::max(largest, parts.back());
    }
    if (alone) return;
    for (size_t i = 0; i < members_.size(); ++i) {
      if (!is_usable(i)) continue;
      settled_.weights[i] =
          std::max<uint32_t>(1, static_cast<uint32_t>(parts[i] * kWhole / largest));
    }
    settled_.unit = kWhole;
  }

  // Deterministic subsetting: all members in a new order for each round, and instance i takes the
  // i-th stretch of these rounds laid end to end, so that over all instances every member is used
  // equally often. Members that get no work are passed over: an instance keeps its number of them.
  void take_subset() {
    const auto usable = static_cast<uint64_t>(
        std::ranges::count_if(settled_.weights, [](uint32_t weight) { return weight > 0; }));
    if (config_.subset == 0 || !config_.here.instance || usable <= config_.subset) return;
    const uint64_t first = uint64_t{*config_.here.instance} * config_.subset;
    std::vector<uint32_t> kept(members_.size());
    uint64_t left = config_.subset;
    std::vector<size_t> order;
    for (uint64_t at = first; left > 0; ++at) {
      if (order.empty() || at % members_.size() == 0) order = round(at / members_.size());
      const size_t i = order[at % members_.size()];
      if (!is_usable(i) || kept[i] > 0) continue;
      kept[i] = settled_.weights[i];
      --left;
    }
    for (size_t i = 0; i < members_.size(); ++i) {
      if (kept[i] == 0) leave_out(i, Use::subset);
    }
  }

  std::vector<size_t> round(uint64_t number) const {
    std::vector<size_t> order(members_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::sort(order, {}, [&](size_t i) {
      return mix(members_[i].backend->identity() ^ mix(number + 1));
    });
    return order;
  }

  std::span<const Member> members_;
  const PoolConfig& config_;
  Settled settled_;
  uint32_t scale_ = 1;
};

}  // namespace

Settled settle(std::span<const Member> members, const PoolConfig& config) {
  return Settlement(members, config).settle();
}

}  // namespace fairlead::core
