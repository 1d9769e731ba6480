#include "core/route_index.h"

#include <algorithm>
#include <tuple>

#include "core/router.h"

namespace fairlead::core {
namespace {

// Spreads the pair over all bits, so that neither half decides the place in a table alone.
uint64_t pair_of(PatternKey host, PatternKey path) {
  uint64_t pair = (host ^ (path << 32 | path >> 32)) * 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
  pair ^= pair >> 32;
  return pair | 1ULL << 63;  // never 0
}

}  // namespace

// ---- making it ------------------------------------------------------------------------

namespace {

// One for each of them; a single one for any text where one of them takes all, or there is none.
template <typename Pattern, typename Alternative>
std::vector<Alternative> alternatives_of(const std::vector<Pattern>& patterns, uint32_t route,
                                         PatternKeys& keys) {
  std::vector<Alternative> alternatives;
  for (uint32_t i = 0; i < patterns.size(); ++i) {
    const PatternKey key = keys.add(patterns[i], route);
    if (key == kAnyKey) return {{}};
    alternatives.push_back({key, i});
  }
  if (alternatives.empty()) alternatives.emplace_back();
  return alternatives;
}

}  // namespace

RouteIndex::RouteIndex(std::span<const Route> routes) {
  std::vector<Entry> entries;
  for (uint32_t i = 0; i < routes.size(); ++i) add(routes[i].config->match, i, entries);
  hosts_.finish();
  paths_.finish();
  list(std::move(entries));
}

void RouteIndex::add(const MatchConfig& match, uint32_t route, std::vector<Entry>& entries) {
  auto hosts = alternatives_of<Pattern, Alternative>(match.host, route, hosts_);
  auto paths = alternatives_of<PathPattern, Alternative>(match.path, route, paths_);
  if (hosts.size() * paths.size() > kMostPairs)
    (hosts.size() < paths.size() ? hosts : paths) = {{}};
  for (const Alternative& host : hosts) {
    for (const Alternative& path : paths)
      entries.push_back({pair_of(host.key, path.key), {route, host.number, path.number}});
  }
}

void RouteIndex::list(std::vector<Entry> entries) {
  std::ranges::sort(entries, {}, [](const Entry& entry) {
    return std::tuple(entry.pair, entry.candidate.route, entry.candidate.host,
                      entry.candidate.path);
  });
  candidates_.reserve(entries.size());
  for (const Entry& entry : entries) {
    Range& range = ranges_[entry.pair];
    const auto at = static_cast<uint32_t>(candidates_.size());
    if (range.end == 0) range.begin = at;
    range.end = at + 1;
    candidates_.push_back(entry.candidate);
  }
}

// ---- asking it ------------------------------------------------------------------------

bool RouteIndex::holds(const Candidate& candidate, const RouteConfig& route, const Facts& facts) {
  const MatchConfig& match = route.match;
  const bool host = candidate.host == kAll ? host_matches(match, facts)
                                           : match.host[candidate.host].matches(facts.host);
  const bool path = candidate.path == kAll ? path_matches(match, facts)
                                           : match.path[candidate.path].matches(facts.path);
  return host && path && is_taken(failing_beyond_place(route, facts), facts);
}

// One look for the first route that holds.
class RouteIndex::Look {
 public:
  Look(const RouteIndex& index, std::span<const Route> routes, const Facts& facts)
      : index_(index), routes_(routes), facts_(facts) {}

  void under(std::span<const PatternKey> hosts, std::span<const PatternKey> paths) {
    for (const PatternKey host : hosts) {
      for (const PatternKey path : paths) under(host, path);
    }
  }
  uint32_t first() const { return first_; }

 private:
  void under(PatternKey host, PatternKey path) {
    const Range* range = index_.ranges_.find(pair_of(host, path));
    if (range == nullptr) return;
    for (uint32_t i = range->begin; i < range->end; ++i) {
      const Candidate& candidate = index_.candidates_[i];
      if (candidate.route >= first_) return;
      if (!holds(candidate, *routes_[candidate.route].config, facts_)) continue;
      first_ = candidate.route;
      return;
    }
  }

  const RouteIndex& index_;
  std::span<const Route> routes_;
  const Facts& facts_;
  uint32_t first_ = UINT32_MAX;
};

std::optional<uint32_t> RouteIndex::find(std::span<const Route> routes, const Facts& facts) const {
  Look look(*this, routes, facts);
  const QuickKeys hosts = hosts_.quick(facts.host);
  const QuickKeys paths = paths_.quick(facts.path);
  look.under(hosts.all(), paths.all());
  // Expressions are asked only where one stands before what was found.
  std::vector<PatternKey> by_expression;
  if (paths_.first_costly() < look.first()) {
    by_expression = paths_.costly(facts.path);
    look.under(hosts.all(), by_expression);
  }
  if (hosts_.first_costly() < look.first()) {
    const std::vector<PatternKey> by_host = hosts_.costly(facts.host);
    look.under(by_host, paths.all());
    look.under(by_host, by_expression);
  }
  if (look.first() == UINT32_MAX) return {};
  return look.first();
}

bool RouteIndex::serves_host(std::string_view host) const {
  return hosts_.quick(host).all().size() > 1 || !hosts_.costly(host).empty();
}

}  // namespace fairlead::core
