// Router: facts of a request or connection -> the route that it takes.
//
// Built once for each listener of a snapshot and never changed. The first route of the file that
// matches wins; nothing is remembered between two matches, so the data path and `fairlead explain`
// get the same answer from the same facts. Few routes are tried one by one; many are found through
// an index (route_index.h), which changes how fast an answer is and never which one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/conditions.h"
#include "core/series.h"

namespace fairlead::core {

class RouteIndex;

struct Route {
  // Never null; points into the snapshot's Config.
  const RouteConfig* config = nullptr;
  uint32_t index = 0;               // in its listener's routes, from 0
  std::optional<uint32_t> pool;     // index into Snapshot::pools, where the action is ToPool
  std::optional<uint32_t> split{};  // index into Snapshot::splits, where it is ToSplit
  std::optional<uint32_t> mirror;   // index of the pool that gets copies
  bool has_filters = false;         // it changes, limits or copies something (core/config/edits.h)
  std::shared_ptr<const RouteSeries> series;  // of a split: what none of its pools was asked for
};

class Router {
 public:
  Router();  // matches nothing
  explicit Router(std::vector<Route> routes);
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;
  ~Router();

  // The first route that matches, or null. Lives as long as the snapshot. With facts.body_unread, a
  // route that asks for something in the body and has all else is given, too: read the body then,
  // and ask again.
  // Cost: one comparison when the first route takes everything; a few look-ups where routes name
  // hosts or paths; linear in those that name neither.
  const Route* match(const Facts& facts) const {
    return first_takes_all_ ? routes_.data() : search(facts);
  }
  const std::vector<Route>& routes() const { return routes_; }

  // Whether any route is for this host: one that names it, or one that names none.
  bool serves_host(std::string_view host) const;

 private:
  const Route* search(const Facts& facts) const;

  std::vector<Route> routes_;
  std::unique_ptr<const RouteIndex> index_;  // null: they are few
  bool first_takes_all_ = false;
  bool any_host_ = false;  // a route names no host
};

// Whether a request that no route takes came to the wrong server (RFC 9110 15.5.20): over a TLS
// connection that was made for another name, `server_name`, and for a host that no route is for.
// Then the client may ask again over a connection of its own. Without a name, or where any route
// takes every host, none is.
bool is_misdirected(const Router& router, std::string_view host, std::string_view server_name);

}  // namespace fairlead::core
