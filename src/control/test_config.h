// Configurations for tests, without a file.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>

#include "core/config/config.h"

namespace fairlead::control {

inline core::PoolConfig test_pool(std::string name, std::initializer_list<Address> backends,
                                  core::ProbeConfig::Kind kind = core::ProbeConfig::Kind::tcp) {
  core::PoolConfig pool;
  pool.name = std::move(name);
  pool.health.kind = kind;
  for (const Address& address : backends)
    pool.backends.push_back({.address = address, .weight = 1, .place = {}});
  return pool;
}

// One HTTP listener for each pool, of the pool's name, that sends all to it.
inline std::shared_ptr<const core::Config> test_config(
    std::initializer_list<core::PoolConfig> pools) {
  auto config = std::make_shared<core::Config>();
  for (const core::PoolConfig& pool : pools) {
    core::ListenerConfig listener;
    listener.name = pool.name;
    listener.bind = {Address(Ip(), 8080)};
    core::RouteConfig route;
    route.name = pool.name + "/0";
    route.action = core::ToPool{pool.name};
    listener.routes.push_back(std::move(route));
    config->listeners.push_back(std::move(listener));
    config->pools.push_back(pool);
  }
  return config;
}

}  // namespace fairlead::control
