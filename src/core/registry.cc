#include "core/registry.h"

namespace fairlead::core {
namespace {

// The living object of `key`, or what `make` gives.
template <typename Map, typename Make>
auto find_or_make(Map& map, typename Map::key_type key, Make&& make) {
  auto& place = map[std::move(key)];
  auto found = place.lock();
  if (!found) {
    found = make();
    place = found;
  }
  return found;
}

template <typename Map>
void sweep_map(Map& map) {
  std::erase_if(map, [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace

std::shared_ptr<Backend> Registry::backend(const std::string& pool, const Address& address) {
  return find_or_make(backends_, {pool, address}, [&] {
    return std::make_shared<Backend>(next_id_++, pool, address, workers_);
  });
}

std::shared_ptr<ListenerSeries> Registry::listener(const std::string& name) {
  return find_or_make(listeners_, name,
                      [&] { return std::make_shared<ListenerSeries>(name, workers_); });
}

std::shared_ptr<RouteSeries> Registry::route(const std::string& listener, const std::string& route,
                                             const std::string& pool) {
  return find_or_make(routes_, {listener, route, pool}, [&] {
    return std::make_shared<RouteSeries>(listener, route, pool, workers_);
  });
}

std::shared_ptr<PoolSeries> Registry::pool(const std::string& name) {
  return find_or_make(pools_, name, [&] { return std::make_shared<PoolSeries>(name, workers_); });
}

void Registry::sweep() {
  sweep_map(backends_);
  sweep_map(listeners_);
  sweep_map(routes_);
  sweep_map(pools_);
}

}  // namespace fairlead::core
