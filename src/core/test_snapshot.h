// Small configurations and snapshots for the tests of this folder.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/snapshot.h"

namespace fairlead::core {

inline Address test_address(uint16_t port) { return Address(Ip::v4({127, 0, 0, 1}), port); }

// A pool of backends on ports 9001, 9002, ..., one for each weight.
inline PoolConfig test_pool_config(std::string name, const std::vector<uint32_t>& weights,
                                   std::string algorithm = "round_robin") {
  PoolConfig pool;
  pool.name = std::move(name);
  pool.balance.algorithm = std::move(algorithm);
  uint16_t port = 9001;
  for (uint32_t weight : weights) {
    BackendConfig backend;
    backend.address = test_address(port++);
    backend.weight = weight;
    pool.backends.push_back(backend);
  }
  return pool;
}

inline RouteConfig test_route(std::string name, std::string pool, MatchConfig match = {}) {
  RouteConfig route;
  route.name = std::move(name);
  route.match = std::move(match);
  route.action = ToPool{std::move(pool)};
  return route;
}

inline ListenerConfig test_listener(std::string name, std::vector<RouteConfig> routes) {
  ListenerConfig listener;
  listener.name = std::move(name);
  listener.routes = std::move(routes);
  return listener;
}

inline std::shared_ptr<const Config> test_config(std::vector<PoolConfig> pools,
                                                 std::vector<ListenerConfig> listeners = {}) {
  Config config;
  config.pools = std::move(pools);
  config.listeners = std::move(listeners);
  return std::make_shared<const Config>(std::move(config));
}

// Every backend in this state, with the weight of its configuration.
inline StandingOf all_are(State state) {
  return [state](const Backend&, const BackendConfig& config) {
    return Standing{state, config.weight};
  };
}

}  // namespace fairlead::core
