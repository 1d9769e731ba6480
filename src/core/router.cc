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

template <typename Patterns>
bool holds_always(const Patterns& patterns) {
  return any_or_empty(patterns, [](const auto& pattern) { return pattern.matches_all(); });
}

bool passes_over_https(const RouteConfig& route) {
  const auto* redirect = std::get_if<Redirect>(&route.action);
  return redirect != nullptr && redirect->only_plain;
}

std::optional<Condition> failing_of_match(const MatchConfig& match, const Facts& facts) {
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

}  // namespace

std::optional<Condition> failing_condition(const RouteConfig& route, const Facts& facts) {
  if (facts.is_https && passes_over_https(route)) return Condition::scheme;
  return failing_of_match(route.match, facts);
}

bool matches(const MatchConfig& match, const Facts& facts) {
  return !failing_of_match(match, facts);
}

bool is_same_header(std::string_view field, std::string_view name) {
  const auto folded = [](char c) {
    return c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c;
  };
  return std::ranges::equal(field, name, std::ranges::equal_to(), folded, folded);
}

bool takes_everything(const RouteConfig& route) {
  const MatchConfig& match = route.match;
  return !passes_over_https(route) && holds_always(match.host) && holds_always(match.path) &&
         match.method.empty() && match.headers.empty() && match.client.empty();
}

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  first_takes_all_ = !routes_.empty() && takes_everything(*routes_.front().config);
}

const Route* Router::search(const Facts& facts) const {
  auto found = std::ranges::find_if(
      routes_, [&](const Route& route) { return !failing_condition(*route.config, facts); });
  return found == routes_.end() ? nullptr : &*found;
}

}  // namespace fairlead::core
