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

// Whether a rule for the header `name` is one for this field: in any case, and with underscores for
// dashes, because CGI, WSGI and the like see both as one.
bool is_same_header(std::string_view field, std::string_view name);

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
  bool is_https = false;  // as the client came, whoever ended its TLS
};

struct Route {
  // Never null; points into the snapshot's Config.
  const RouteConfig* config = nullptr;
  uint32_t index = 0;              // in its listener's routes, from 0
  std::optional<uint32_t> pool;    // index into Snapshot::pools, where the action is ToPool
  std::optional<uint32_t> mirror;  // the same of the pool that gets copies
  bool has_filters = false;        // it changes, limits or copies something (core/config/edits.h)
  std::shared_ptr<const RouteSeries> series;
};

// What a route may ask for, in the order in which it is looked at.
enum class Condition : uint8_t { scheme, host, path, method, client, headers };

// The first of what the route asks for that does not hold; nothing: all holds, so it is taken.
// Cost: linear in its patterns, no allocation.
std::optional<Condition> failing_condition(const RouteConfig& route, const Facts& facts);

// Whether all that `match` names holds. Cost: as above.
bool matches(const MatchConfig& match, const Facts& facts);

// Whether no route behind this one is ever reached. One that passes over who came by https, or that
// asks for a header, leaves something to others.
bool takes_everything(const RouteConfig& route);

class Router {
 public:
  Router() = default;  // matches nothing
  explicit Router(std::vector<Route> routes);

  // The first route that matches, or null. Lives as long as the snapshot.
  // Cost: one comparison when the first route takes everything, else linear in the routes.
  const Route* match(const Facts& facts) const {
    return first_takes_all_ ? routes_.data() : search(facts);
  }
  const std::vector<Route>& routes() const { return routes_; }

 private:
  const Route* search(const Facts& facts) const;

  std::vector<Route> routes_;
  bool first_takes_all_ = false;
};

}  // namespace fairlead::core
