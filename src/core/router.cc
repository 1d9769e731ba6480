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

// `redirect: https`, as it is written out. It must pass over who is there already, or a proxy in
// front that ends TLS would be sent in circles.
bool leads_to_https(const RouteConfig& config) {
  const auto* redirect = std::get_if<Redirect>(&config.action);
  return redirect != nullptr && redirect->to.text() == "https://{host}{uri}";
}

}  // namespace

bool matches(const MatchConfig& match, const Facts& facts) {
  return any_or_empty(match.host, [&](const Pattern& p) { return p.matches(facts.host); }) &&
         any_or_empty(match.path, [&](const PathPattern& p) { return p.matches(facts.path); }) &&
         any_or_empty(match.method, [&](const std::string& m) { return m == facts.method; }) &&
         any_or_empty(match.client, [&](const Subnet& n) { return n.contains(facts.client); }) &&
         headers_match(match, facts);
}

bool matches_all(const MatchConfig& match) {
  return match.host.empty() && match.path.empty() && match.method.empty() &&
         match.headers.empty() && match.client.empty();
}

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  for (Route& route : routes_) route.only_plain = leads_to_https(*route.config);
  first_takes_all_ =
      !routes_.empty() && !routes_.front().only_plain && matches_all(routes_.front().config->match);
}

const Route* Router::search(const Facts& facts) const {
  auto found = std::ranges::find_if(routes_, [&](const Route& route) {
    return !(route.only_plain && facts.is_https) && matches(route.config->match, facts);
  });
  return found == routes_.end() ? nullptr : &*found;
}

}  // namespace fairlead::core
