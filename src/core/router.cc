#include "core/router.h"

#include <algorithm>

#include "core/route_index.h"

namespace fairlead::core {
namespace {

// Up to so many hosts and paths in all routes together, trying one by one is quicker than hashing.
constexpr size_t kFewPatterns = 8;

bool are_few(const std::vector<Route>& routes) {
  size_t patterns = 0;
  for (const Route& route : routes) {
    const MatchConfig& match = route.config->match;
    patterns += std::max<size_t>(1, match.host.size() + match.path.size());
  }
  return patterns <= kFewPatterns;
}

bool is_for_any_host(const Route& route) {
  const auto& hosts = route.config->match.host;
  return hosts.empty() || std::ranges::any_of(hosts, &Pattern::matches_all);
}

}  // namespace

Router::Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;
Router::~Router() = default;

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  first_takes_all_ = !routes_.empty() && takes_everything(*routes_.front().config);
  any_host_ = std::ranges::any_of(routes_, is_for_any_host);
  if (!first_takes_all_ && !are_few(routes_)) index_ = std::make_unique<RouteIndex>(routes_);
}

const Route* Router::search(const Facts& facts) const {
  if (index_) {
    const auto found = index_->find(routes_, facts);
    return found ? &routes_[*found] : nullptr;
  }
  const auto found = std::ranges::find_if(routes_, [&](const Route& route) {
    return is_taken(failing_condition(*route.config, facts), facts);
  });
  return found == routes_.end() ? nullptr : &*found;
}

bool Router::serves_host(std::string_view host) const {
  if (any_host_) return true;
  if (index_) return index_->serves_host(host);
  return std::ranges::any_of(routes_, [&](const Route& route) {
    return std::ranges::any_of(route.config->match.host,
                               [&](const Pattern& pattern) { return pattern.matches(host); });
  });
}

bool is_misdirected(const Router& router, std::string_view host, std::string_view server_name) {
  if (server_name.ends_with('.')) server_name.remove_suffix(1);
  const auto folded = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c;
  };
  const bool same = std::ranges::equal(host, server_name, std::ranges::equal_to(), {}, folded);
  return !server_name.empty() && !host.empty() && !same && !router.serves_host(host);
}

}  // namespace fairlead::core
