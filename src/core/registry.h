// Registry: finds again what outlives a snapshot, or makes it: backends and series.
//
// The controller owns the only one and asks it while it builds a snapshot. It keeps weak pointers:
// what no snapshot and no lease uses any more is gone, and one that comes back in time is the same.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/address.h"
#include "core/backend.h"
#include "core/series.h"

namespace fairlead::core {

class Registry {
 public:
  // `workers`: how many the process has, for the tallies; it does not change while it runs.
  explicit Registry(uint32_t workers) : workers_(workers) {}
  uint32_t workers() const { return workers_; }

  // Each finds the living object of that name, or makes it. Control thread.
  std::shared_ptr<Backend> backend(const std::string& pool, const Address& address);
  std::shared_ptr<ListenerSeries> listener(const std::string& name);
  std::shared_ptr<RouteSeries> route(const std::string& listener, const std::string& route,
                                     const std::string& pool);
  std::shared_ptr<PoolSeries> pool(const std::string& name);

  // Forgets the names of objects that are gone. After each reload.
  void sweep();

 private:
  uint32_t workers_;
  uint32_t next_id_ = 1;
  std::map<std::pair<std::string, Address>, std::weak_ptr<Backend>> backends_;
  std::map<std::string, std::weak_ptr<ListenerSeries>> listeners_;
  std::map<std::tuple<std::string, std::string, std::string>, std::weak_ptr<RouteSeries>> routes_;
  std::map<std::string, std::weak_ptr<PoolSeries>> pools_;
};

}  // namespace fairlead::core
