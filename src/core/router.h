// Router: facts of a request or connection -> the route that it takes.
//
// Built once for each listener of a snapshot and never changed. Routes are tried in the order of
// the file and the first that matches wins; nothing is remembered between two matches, so the data
// path and `fairlead explain` get the same answer from the same facts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "core/config/config.h"
#include "core/series.h"

namespace fairlead::core {

// How the router asks about header fields without knowing how they are kept.
class HeaderFacts {
 public:
  virtual ~HeaderFacts() = default;
  // Whether any field of this name (lower case) has a value that the pattern matches. Every field
  // counts: a rule cannot be slipped past by sending a name twice.
  virtual bool any(std::string_view name, const Pattern& pattern) const = 0;
};

// What is known of a request; views that live as long as the call. A connection without HTTP has
// only a client.
struct Facts {
  std::string_view host = {};            // in lower case, without the port
  std::string_view path = {};            // normalised (docs/paths.md), without the query
  std::string_view method = {};          // as sent
  const HeaderFacts* headers = nullptr;  // null: there are none
  Ip client = {};
};

struct Route {
  // Never null; points into the snapshot's Config.
  const RouteConfig* config = nullptr;
  uint32_t index = 0;            // in its listener's routes, from 0
  std::optional<uint32_t> pool;  // index into Snapshot::pools, where the action is ToPool
  std::shared_ptr<const RouteSeries> series;
};

// What a match may name, in the order in which it is looked at.
enum class Condition : uint8_t { host, path, method, client, headers };

// The first of what `match` names that does not hold; nothing: all holds, so it matches.
// Cost: linear in its patterns, no allocation.
std::optional<Condition> failing_condition(const MatchConfig& match, const Facts& facts);

// Whether all that `match` names holds. Cost: as above.
bool matches(const MatchConfig& match, const Facts& facts);

// Whether it holds for everything.
bool matches_all(const MatchConfig& match);

class Router {
 public:
  Router() = default;  // matches nothing
  explicit Router(std::vector<Route> routes);

  // The first route that matches, or null. Lives as long as the snapshot.
  // Cost: one comparison when the first route matches everything, else linear in the routes.
  const Route* match(const Facts& facts) const {
    return first_matches_all_ ? routes_.data() : search(facts);
  }
  const std::vector<Route>& routes() const { return routes_; }

 private:
  const Route* search(const Facts& facts) const;

  std::vector<Route> routes_;
  bool first_matches_all_ = false;
};

}  // namespace fairlead::core
