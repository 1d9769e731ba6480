#include "core/config/options/tcp_listener.h"

#include <fmt/format.h>

#include <array>

#include "core/config/words.h"

namespace fairlead::core {
namespace {

struct Idle {
  std::string_view key;
  std::string_view hint;
};

constexpr std::string_view kHttpInstead = "leave it out, or set `protocol: http`";
constexpr Idle kOfListener[] = {{"http", kHttpInstead},
                                {"tunnel_timeout", kHttpInstead},
                                {"maintenance", kHttpInstead},
                                {"trace", kHttpInstead}};
constexpr Idle kOfRoute[] = {
    {"match", "write `pool: NAME`; a tcp listener has one route, which takes everything"},
    {"split", "write `pool: NAME`, or set `protocol: http`"},
    {"redirect", "write `pool: NAME`, or set `protocol: http`"},
    {"respond", "write `pool: NAME`, or set `protocol: http`"},
    {"timeout",
     "a connection is bounded by `idle_timeout` of the listener and `connect_timeout` "
     "of the pool"},
    {"rewrite", kHttpInstead},
    {"request_headers", kHttpInstead},
    {"response_headers", kHttpInstead},
    {"max_body", kHttpInstead},
    {"max_connections", "the listener and the pool have limits of their own"},
    {"buffer", kHttpInstead},
    {"mirror", kHttpInstead},
    {"maintenance", kHttpInstead},
};

void refuse(const Node& node, std::span<const Idle> idle, std::string_view where, Reader& reader) {
  for (const Idle& each : idle) {
    if (const Node* found = node.find(each.key)) {
      reader.error(*found, fmt::format("`{}` means nothing {} a tcp listener", each.key, where),
                   std::string(each.hint));
    }
  }
}

void check_retry(const RouteConfig& route, const Node& node, Reader& reader) {
  const Node* retry = node.find("retry");
  if (retry == nullptr) return;
  const Node* limit = retry->find("per_try_timeout");
  if (limit != nullptr && route.retry.per_try_timeout > 0s) {
    reader.error(*limit, "`per_try_timeout` means nothing in a route of a tcp listener",
                 "an attempt is bounded by `connect_timeout` of the pool");
  }
  const Node* reasons = retry->find("on");
  if (reasons == nullptr || route.retry.on_status.empty()) return;
  reader.error(*reasons, "a tcp listener sees no status to retry on",
               "allowed here: `connect` and `reset`");
}

// `off`, as every dump has it, says what holds.
void check_hedge(const RouteConfig& route, const Node& node, Reader& reader) {
  const Node* hedge = node.find("hedge");
  if (hedge == nullptr || !route.hedge.on()) return;
  reader.error(*hedge, "`hedge` means nothing in a route of a tcp listener",
               "a connection is one backend's from its first byte on");
}

}  // namespace

void check_tcp_listener(const ListenerConfig& listener, const Node& node, Reader& reader) {
  refuse(node, kOfListener, "on", reader);
  const Node* routes = node.find("routes");
  if (routes == nullptr || routes->is_scalar() || listener.routes.empty()) return;
  if (listener.routes.size() > 1) {
    reader.error(*routes, "a tcp listener has one route, to a pool and without a match",
                 "write `pool: NAME`");
    return;
  }
  if (routes->is_list() && routes->items.empty()) return;  // the route is of `pool`
  const Node& route = routes->is_list() ? routes->items.front() : *routes;
  refuse(route, kOfRoute, "in a route of", reader);
  check_retry(listener.routes.front(), route, reader);
  check_hedge(listener.routes.front(), route, reader);
}

}  // namespace fairlead::core
