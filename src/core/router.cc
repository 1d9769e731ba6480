#include "core/router.h"

#include <algorithm>

namespace fairlead::core {
namespace {

template <typename Patterns, typename Holds>
bool any_or_empty(const Patterns& patterns, Holds&& holds) {
  return patterns.empty() || std::ranges::any_of(patterns, holds);
}

bool headers_match(const MatchConfig& match, const Facts& facts) {
  return std::ranges::all_of(match.headers, [&](const auto& header) {
    return facts.headers != nullptr && facts.headers->any(header.first, header.second);
  });
}

}  // namespace

std::optional<Condition> failing_condition(const MatchConfig& match, const Facts& facts) {
  if (!any_or_empty(match.host, [&](const Pattern& p) { return p.matches(facts.host); }))
    return Condition::host;
  if (!any_or_empty(match.path, [&](const PathPattern& p) { return p.matches(facts.path); }))
    return Condition::path;
  if (!any_or_empty(match.method, [&](const std::string& m) { return m == facts.method; }))
    return Condition::method;
  if (!any_or_empty(match.client, [&](const Subnet& n) { return n.contains(facts.client); }))
    return Condition::client;
  if (!headers_match(match, facts)) return Condition::headers;
  return {};
}

bool matches(const MatchConfig& match, const Facts& facts) {
  return !failing_condition(match, facts);
}

bool matches_all(const MatchConfig& match) {
  return match.host.empty() && match.path.empty() && match.method.empty() &&
         match.headers.empty() && match.client.empty();
}

Router::Router(std::vector<Route> routes)
    : routes_(std::move(routes)),
      first_matches_all_(!routes_.empty() && matches_all(routes_.front().config->match)) {}

const Route* Router::search(const Facts& facts) const {
  auto found = std::ranges::find_if(
      routes_, [&](const Route& route) { return matches(route.config->match, facts); });
  return found == routes_.end() ? nullptr : &*found;
}

}  // namespace fairlead::core
