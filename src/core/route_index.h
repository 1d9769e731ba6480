// RouteIndex: finds among thousands of routes the first that takes a request.
//
// Every route stands under each pair of its hosts and its paths (pattern_keys.h). A request looks
// under the few pairs that it may fit, and holds what it finds there against the route's
// conditions: so the index may offer too much, and must only never miss a route. Of those that
// hold, the first of the file wins.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/conditions.h"
#include "core/key_table.h"
#include "core/pattern_keys.h"

namespace fairlead::core {

struct Route;

class RouteIndex {
 public:
  // Cost: linear in the pairs, at most kMostPairs for each route, and a sort of them.
  explicit RouteIndex(std::span<const Route> routes);

  // The first route that takes the request, as Router::match() says. REQUIRES: the same routes.
  // Cost: a look-up for each pair of a host and a path that the request may fit; linear in the
  // routes that stand under these.
  std::optional<uint32_t> find(std::span<const Route> routes, const Facts& facts) const;

  // Whether a route names this host. REQUIRES: all routes name hosts.
  bool serves_host(std::string_view host) const;

  // A route with more is listed by its hosts alone, or by its paths alone.
  static constexpr size_t kMostPairs = 1024;

 private:
  // A route under one pair: which of its hosts and paths that is.
  static constexpr uint32_t kAll = UINT32_MAX;  // any of them may be it
  struct Candidate {
    uint32_t route = 0;
    uint32_t host = kAll;
    uint32_t path = kAll;
  };
  struct Range {
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  struct Entry {
    uint64_t pair;
    Candidate candidate;
  };
  // One of a route's hosts or paths.
  struct Alternative {
    PatternKey key = kAnyKey;
    uint32_t number = kAll;
  };
  class Look;

  void add(const MatchConfig& match, uint32_t route, std::vector<Entry>& entries);
  void list(std::vector<Entry> entries);
  static bool holds(const Candidate& candidate, const RouteConfig& route, const Facts& facts);

  PatternKeys hosts_{PatternKeys::Of::hosts};
  PatternKeys paths_{PatternKeys::Of::paths};
  KeyTable<Range> ranges_;             // of candidates_, by pair
  std::vector<Candidate> candidates_;  // within a range in the order of the routes
};

}  // namespace fairlead::core
