#include "core/config/options/route_order.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/conditions.h"

namespace fairlead::core {
namespace {

constexpr size_t kMostPairs = 1024;
constexpr char kBetween = '\n';  // in no pattern: nothing in a configuration holds it unescaped
constexpr std::string_view kAny = "*";

void add_named(std::string_view what, const NamedPatterns& patterns, std::string& text) {
  for (const auto& [name, pattern] : patterns) {
    text.append(what).append(name) += kBetween;
    text.append(pattern.text()) += kBetween;
  }
}

void add_texts(std::string_view what, const auto& values, std::string& text) {
  for (const auto& value : values) {
    if constexpr (requires { value.text(); }) {
      text.append(what).append(value.text()) += kBetween;
    } else {
      text.append(what).append(value) += kBetween;
    }
  }
}

// All that a route asks for but host and path, as one text. Empty: nothing.
std::string rest_of(const RouteConfig& route) {
  const MatchConfig& match = route.match;
  std::string text = passes_over_https(route) ? "plain\n" : "";
  add_texts("m ", match.method, text);
  add_texts("a ", match.client, text);
  add_texts("s ", match.certificate.subject, text);
  add_texts("n ", match.certificate.san, text);
  add_named("h ", match.headers, text);
  add_named("c ", match.cookies, text);
  add_named("q ", match.query, text);
  add_named("b ", match.body, text);
  return text;
}

std::vector<std::string> hosts_of(const MatchConfig& match) {
  std::vector<std::string> hosts;
  for (const Pattern& host : match.host) {
    if (host.takes_any_text()) return {std::string(kAny)};
    hosts.push_back(host.compared());
  }
  return hosts.empty() ? std::vector{std::string(kAny)} : hosts;
}

std::vector<std::string> paths_of(const MatchConfig& match) {
  std::vector<std::string> paths;
  for (const PathPattern& path : match.path) {
    if (path.matches_all()) return {std::string(kAny)};
    paths.push_back(path.text());
  }
  return paths.empty() ? std::vector{std::string(kAny)} : paths;
}

// What may stand in an earlier route and takes all that this host does.
std::vector<std::string> wider_hosts(const std::string& host) {
  std::vector<std::string> wider = {host};
  if (host != kAny) wider.emplace_back(kAny);
  const bool readable = !host.starts_with('~') && host.rfind('*') + 1 <= 1;  // a star at most first
  for (size_t dot = host.find('.'); readable && dot != host.npos; dot = host.find('.', dot + 1))
    wider.push_back("*" + host.substr(dot));
  return wider;
}

// The same of a path: "/a/b" is in "/a/b/*", "/a/*" and "*"; "/a/b/*" is in "/a/*" and "*".
std::vector<std::string> wider_paths(const std::string& path) {
  std::vector<std::string> wider = {path};
  if (path != kAny) wider.emplace_back(kAny);
  const std::string_view base =
      path.ends_with("/*") ? std::string_view(path).substr(0, path.size() - 2) : path;
  if (path.starts_with('~') || base.contains('*')) return wider;
  for (size_t end = base.size(); end != base.npos && end > 0; end = base.rfind('/', end - 1))
    wider.push_back(std::string(base.substr(0, end)) + "/*");
  return wider;
}

std::string key_of(std::string_view rest, std::string_view host, std::string_view path) {
  std::string key;
  key.reserve(rest.size() + host.size() + path.size() + 2);
  key.append(host) += kBetween;
  key.append(path) += kBetween;
  return key.append(rest);
}

class Order {
 public:
  // Those that take all of the route together; none: something is left for it.
  std::vector<uint32_t> behind(const RouteConfig& route) const {
    std::set<uint32_t> found;
    const std::string rest = rest_of(route);
    const auto hosts = hosts_of(route.match);
    const auto paths = paths_of(route.match);
    if (hosts.size() * paths.size() > kMostPairs) return {};
    for (const std::string& host : hosts) {
      for (const std::string& path : paths) {
        const auto first = first_wider(rest, host, path);
        if (!first) return {};
        found.insert(*first);
      }
    }
    return {found.begin(), found.end()};
  }

  void add(const RouteConfig& route, uint32_t index) {
    const std::string rest = rest_of(route);
    const auto hosts = hosts_of(route.match);
    const auto paths = paths_of(route.match);
    if (hosts.size() * paths.size() > kMostPairs) return;
    for (const std::string& host : hosts) {
      for (const std::string& path : paths) first_.try_emplace(key_of(rest, host, path), index);
    }
  }

 private:
  std::optional<uint32_t> first_wider(const std::string& rest, const std::string& host,
                                      const std::string& path) const {
    std::optional<uint32_t> first;
    for (const std::string& wider_host : wider_hosts(host)) {
      for (const std::string& wider_path : wider_paths(path)) {
        for (const std::string_view asked : {std::string_view(rest), std::string_view()}) {
          const auto found = first_.find(key_of(asked, wider_host, wider_path));
          if (found != first_.end() && (!first || found->second < *first)) first = found->second;
        }
      }
    }
    return first;
  }

  std::unordered_map<std::string, uint32_t> first_;  // by rest, host and path
};

}  // namespace

std::vector<HiddenRoute> hidden_routes(const std::vector<RouteConfig>& routes) {
  std::vector<HiddenRoute> hidden;
  Order order;
  for (uint32_t i = 0; i < routes.size(); ++i) {
    std::vector<uint32_t> behind = order.behind(routes[i]);
    if (behind.empty()) {
      order.add(routes[i], i);
    } else {
      hidden.push_back({i, std::move(behind)});
    }
  }
  return hidden;
}

}  // namespace fairlead::core
