// RoutePlace: one of the places that a route's max_connections allows.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/series.h"

namespace fairlead::proxy {

class RoutePlace {
 public:
  RoutePlace() = default;
  RoutePlace(const RoutePlace&) = delete;
  ~RoutePlace() {
    if (series_) series_->active.fetch_sub(1, std::memory_order_relaxed);
  }

  // False: all are taken. Kept until this is destroyed; `series` outlives it. Exact over all
  // workers.
  bool take(const core::RouteSeries& series, uint32_t limit) {
    if (series.active.fetch_add(1, std::memory_order_relaxed) >= limit) {
      series.active.fetch_sub(1, std::memory_order_relaxed);
      return false;
    }
    series_ = &series;
    return true;
  }

 private:
  const core::RouteSeries* series_ = nullptr;
};

}  // namespace fairlead::proxy
