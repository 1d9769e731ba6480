#include "core/config/sticky_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "core/config/words.h"

namespace fairlead::core {
namespace {

std::vector<std::string> pools_of(const RouteConfig& route) {
  std::vector<std::string> pools;
  if (const auto* to = std::get_if<ToPool>(&route.action)) pools.push_back(to->pool);
  if (const auto* split = std::get_if<ToSplit>(&route.action)) {
    for (const ToSplit::Part& part : split->parts) pools.push_back(part.pool);
  }
  return pools;
}

const PoolConfig* find_pool(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.pools, name, &PoolConfig::name);
  return found == config.pools.end() ? nullptr : &*found;
}

bool sets_cookie(const PoolConfig* pool) {
  return pool != nullptr && pool->sticky.kind == StickyConfig::Kind::cookie;
}

// Where `sticky` of a pool stands, or the whole file.
const Node& sticky_node(const Node& file, std::string_view pool) {
  const Node* node = &file;
  for (const std::string_view key : {std::string_view("pools"), pool, std::string_view("sticky")}) {
    const Node* next = node->find(key);
    if (next == nullptr) break;
    node = next;
  }
  return *node;
}

const Node& split_node(const Node& file, const ListenerConfig& listener, size_t route) {
  const Node* listeners = file.find("listeners");
  const Node* own = listeners != nullptr ? listeners->find(listener.name) : nullptr;
  const Node* routes = own != nullptr ? own->find("routes") : nullptr;
  if (routes == nullptr) return file;
  const bool is_there = routes->is_list() && route < routes->items.size();
  const Node* split = is_there ? routes->items[route].find("split") : routes->find("split");
  return split != nullptr ? *split : *routes;
}

// Each would take the other's for a forged one, and replace it.
void check_same_cookie(const Config& config, const ListenerConfig& listener, const Node& file,
                       Reader& reader) {
  std::map<std::tuple<std::string, std::string, std::string>, std::string> seen;
  for (const RouteConfig& route : listener.routes) {
    for (const std::string& name : pools_of(route)) {
      const PoolConfig* pool = find_pool(config, name);
      if (!sets_cookie(pool)) continue;
      const CookieConfig& cookie = pool->sticky.cookie;
      const auto [first, fresh] = seen.try_emplace({cookie.name, cookie.domain, cookie.path}, name);
      if (fresh || first->second == name) continue;
      reader.warning(sticky_node(file, name),
                     fmt::format("pools {} and {} set the same cookie {} in listener {}: each "
                                 "would replace the other's",
                                 ticked(first->second), ticked(name), ticked(cookie.name),
                                 ticked(listener.name)),
                     "give each a cookie of its own");
    }
  }
}

void check_sides(const Config& config, const ListenerConfig& listener, const Node& file,
                 Reader& reader) {
  for (size_t i = 0; i < listener.routes.size(); ++i) {
    const RouteConfig& route = listener.routes[i];
    if (!std::holds_alternative<ToSplit>(route.action) || route.side.key) continue;
    const auto is_sticky = [&](const std::string& name) {
      const PoolConfig* pool = find_pool(config, name);
      return pool != nullptr && pool->sticky.on();
    };
    if (!std::ranges::any_of(pools_of(route), is_sticky)) continue;
    reader.warning(split_node(file, listener, i),
                   fmt::format("clients change sides at every request of route {}, and their "
                               "pools are sticky",
                               ticked(route.name)),
                   "keep them there as well: add `sticky: true` to the route");
  }
}

}  // namespace

void check_stickiness(const Config& config, const Node& file, Reader& reader) {
  if (reader.notebook().has_errors()) return;
  for (const ListenerConfig& listener : config.listeners) {
    check_same_cookie(config, listener, file, reader);
    check_sides(config, listener, file, reader);
  }
}

}  // namespace fairlead::core
