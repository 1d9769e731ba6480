// listeners: the addresses that are served, and how.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/conditions.h"
#include "core/config/options/later.h"
#include "core/config/options/route_order.h"
#include "core/config/options/sections.h"
#include "core/config/options/tcp_listener.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

const std::vector<std::string> kProtocols = {"http", "tcp"};

Type<Protocol> protocol() {
  return text_type<Protocol>(
      choice_shape(kProtocols),
      [](std::string_view text) -> Parsed<Protocol> {
        if (is_later("protocol", text)) {
          return wrong(fmt::format("{} is not in this version of fairlead yet", ticked(text)));
        }
        if (text == "https" || text == "tls") {
          return wrong(fmt::format("{} is a protocol with `tls`", ticked(text)),
                       fmt::format("write `protocol: {}` and `tls: {{ cert: site.crt, key: "
                                   "site.key }}`",
                                   text == "https" ? "http" : "tcp"));
        }
        auto index = find_word(text, kProtocols);
        if (!index) return std::unexpected(index.error());
        return static_cast<Protocol>(*index);
      },
      [](const Protocol& value) { return scalar(kProtocols[static_cast<size_t>(value)]); });
}

// A port alone is every interface.
Type<Address> bind_address() {
  Type<Address> type =
      address("an address: `:8080`, `127.0.0.1:8080`, `[::1]:8080`, `unix:/path`, or a port");
  return text_type<Address>(
      type.shape,
      [](std::string_view text) -> Parsed<Address> {
        if (!text.empty() && text.find_first_not_of("0123456789") == text.npos) {
          auto port = parse_number(text, 1, 65535);
          if (!port) return std::unexpected(port.error());
          return Address(Ip(), static_cast<uint16_t>(*port));
        }
        return parse_address(text);
      },
      type.show);
}

// `tcp://:5432` is `protocol: tcp` and `bind: ":5432"`.
void take_scheme(Node& bind, Node& listener, Reader& reader) {
  const size_t mark = bind.text.find("://");
  if (!bind.is_scalar() || mark == bind.text.npos) return;
  const std::string scheme = bind.text.substr(0, mark);
  bind.text.erase(0, mark + 3);
  const Node* said = listener.find("protocol");
  if (said == nullptr) {
    listener.set("protocol", scalar(scheme, bind.spot));
  } else if (said->text != scheme) {
    reader.error(bind,
                 fmt::format("this address says {}, the listener's protocol is {}", ticked(scheme),
                             ticked(said->text)),
                 "one listener has one protocol");
  }
}

Node expand(const Node& given, Reader& reader) {
  Node node = given;
  const Node* bind = node.find("bind");
  if (bind == nullptr) return node;
  Node changed = *bind;
  take_scheme(changed, node, reader);
  for (Node& item : changed.items) take_scheme(item, node, reader);
  *node.find("bind") = std::move(changed);
  return node;
}

// A mapping from paths, as other products have it.
bool is_by_path(const Node& node) {
  return node.is_map() && !node.entries.empty() &&
         std::ranges::all_of(node.entries,
                             [](const Entry& entry) { return entry.key.text.starts_with('/'); });
}

void read_routes(ListenerConfig& listener, const Node& node, Reader& reader) {
  if (is_by_path(node)) {
    reader.error(node, fmt::format("`routes` of {} must be a list of routes", reader.owner()),
                 "for example `routes: [{ match: /api/*, pool: api }]`");
    return;
  }
  const std::vector<Node> alone = {node};
  int number = 0;
  for (const Node& item : node.is_list() ? node.items : alone) {
    auto step = reader.into_named(fmt::format("route {}", ++number));
    read_section(route_section(), listener.routes.emplace_back(), item, reader);
  }
}

bool is_http(const ListenerConfig& listener) { return listener.protocol == Protocol::http; }

// What is refused in the route of a tcp listener is not shown there either.
void drop_http_settings(Node& route) {
  std::erase_if(route.entries, [](const Entry& entry) {
    return entry.key.text == "match" || entry.key.text == "timeout";
  });
}

Type<ListenerConfig> routes() {
  Type<RouteConfig> one = section_type<RouteConfig, route_section>();
  return {Shape{.kind = Shape::Kind::list, .words = "a list of routes", .parts = {one.shape}},
          read_routes, [one](const ListenerConfig& listener) {
            std::vector<Node> items;
            for (const RouteConfig& route : listener.routes) {
              items.push_back(one.show(route));
              if (!is_http(listener)) drop_http_settings(items.back());
            }
            return items.empty() ? Node{} : list(std::move(items));
          }};
}

// There, or not.
Type<std::optional<TlsConfig>> tls() {
  const Type<TlsConfig> one = section_type<TlsConfig, tls_section>();
  auto read = [one](std::optional<TlsConfig>& value, const Node& node, Reader& reader) {
    one.read(value.emplace(), node, reader);
  };
  auto show = [one](const std::optional<TlsConfig>& value) {
    return value ? one.show(*value) : Node{};
  };
  return {one.shape, read, show};
}

// What remains when no route has matched: one more route, without a match.
Type<ListenerConfig> remaining_pool() {
  auto read = [](ListenerConfig& listener, const Node& node, Reader& reader) {
    Node route = map_of("pool", node);
    read_section(route_section(), listener.routes.emplace_back(), route, reader);
  };
  Shape shape{.kind = Shape::Kind::either,
              .words = "the name of a pool, or a pool in place",
              .parts = {Shape{.words = "the name of a pool"},
                        section_type<PoolConfig, pool_section>().shape}};
  return {shape, read, [](const ListenerConfig&) { return Node{}; }};
}

void name_routes(ListenerConfig& listener, const Node& node, Reader& reader) {
  const Node* given = node.find("routes");
  std::map<std::string, Place> seen;
  for (size_t i = 0; i < listener.routes.size(); ++i) {
    RouteConfig& route = listener.routes[i];
    if (route.name.empty()) route.name = fmt::format("{}/{}", listener.name, i + 1);
    auto [first, fresh] = seen.try_emplace(route.name, route.place);
    if (fresh || given == nullptr || i >= given->items.size()) continue;
    const Node* name = given->items[i].find("name");
    const Node& at = name != nullptr ? *name : given->items[i];
    reader
        .error(at, fmt::format("two routes of {} are named {}", reader.where(), ticked(route.name)))
        .other = first->second;
  }
}

// Where a route was written: in the list, or as the `pool` of the listener.
const Node* node_of_route(const Node& node, size_t index) {
  const Node* given = node.find("routes");
  if (given != nullptr && !given->is_list()) return index == 0 ? given : node.find("pool");
  return given != nullptr && index < given->items.size() ? &given->items[index] : node.find("pool");
}

std::string route_words(const Node& node, const Node* at, size_t index) {
  return at == node.find("pool") ? "`pool`" : fmt::format("route {}", index + 1);
}

// The first route that takes everything hides all that follow it: said once.
bool check_takes_everything(const ListenerConfig& listener, const Node& node, Reader& reader) {
  const auto first = std::ranges::find_if(listener.routes, takes_everything);
  if (first == listener.routes.end() || first + 1 == listener.routes.end()) return false;
  const auto hidden = static_cast<size_t>(first - listener.routes.begin()) + 1;
  const Node* at = node_of_route(node, hidden);
  if (at == nullptr) return false;
  reader.warning(*at,
                 fmt::format("{} is never reached: route {} takes everything",
                             route_words(node, at, hidden), hidden),
                 "put the route without a match last");
  return true;
}

// Where anything is wrong, that may have been a match.
void check_order(const ListenerConfig& listener, const Node& node, Reader& reader) {
  if (reader.notebook().has_errors()) return;
  const bool said = check_takes_everything(listener, node, reader);
  const auto last = std::ranges::find_if(listener.routes, takes_everything);
  const auto end = static_cast<size_t>(last - listener.routes.begin());
  for (const HiddenRoute& hidden : hidden_routes(listener.routes)) {
    const Node* at = node_of_route(node, hidden.route);
    if (at == nullptr || (said && hidden.route > end)) continue;
    std::vector<std::string> before;
    for (const uint32_t each : hidden.behind) before.push_back(fmt::format("{}", each + 1));
    const bool one = before.size() == 1;
    reader.warning(*at,
                   fmt::format("{} is never reached: route{} {} take{} all that it is for",
                               route_words(node, at, hidden.route), one ? "" : "s",
                               enumerate(before, "and"), one ? "s" : ""),
                   "the first route that matches is taken: put the narrower one first");
  }
}

// A certificate that nobody is asked for matches nothing.
void check_certificates(const ListenerConfig& listener, const Node& node, Reader& reader) {
  if (reader.notebook().has_errors() || (listener.tls && !listener.tls->client_ca.empty())) return;
  for (size_t i = 0; i < listener.routes.size(); ++i) {
    const Node* at = node_of_route(node, i);
    if (at == nullptr || !listener.routes[i].match.certificate.asks()) continue;
    reader.warning(*at,
                   fmt::format("route {} is never reached: {} asks no client for a certificate",
                               i + 1, reader.where()),
                   "name who may sign them: `tls: { client_ca: clients.pem }`");
  }
}

bool serves(const RouteConfig& route, std::string_view pool) {
  if (const auto* to = std::get_if<ToPool>(&route.action)) return to->pool == pool;
  const auto* split = std::get_if<ToSplit>(&route.action);
  return split != nullptr && std::ranges::any_of(split->parts, [&](const ToSplit::Part& part) {
           return part.pool == pool;
         });
}

// Copies for who serves the original: each request is made twice there.
void check_mirrors(const ListenerConfig& listener, const Node& node, Reader& reader) {
  if (reader.notebook().has_errors() || listener.protocol == Protocol::tcp) return;
  for (size_t i = 0; i < listener.routes.size(); ++i) {
    const MirrorConfig& mirror = listener.routes[i].mirror;
    const Node* at = node_of_route(node, i);
    if (at == nullptr || !mirror.any() || !serves(listener.routes[i], mirror.pool)) continue;
    const Node* said = at->find("mirror");
    reader.warning(
        said != nullptr ? *said : *at,
        fmt::format("`mirror` sends copies to pool {}, which serves the route itself: it "
                    "is asked twice",
                    ticked(mirror.pool)),
        "name another pool");
  }
}

void note_pools(const ListenerConfig& listener, Reader& reader) {
  Notes& notes = reader.notes();
  std::set<std::string>& pools =
      listener.protocol == Protocol::tcp ? notes.tcp_pools : notes.http_pools;
  for (const RouteConfig& route : listener.routes) {
    if (const auto* to = std::get_if<ToPool>(&route.action)) pools.insert(to->pool);
    if (const auto* split = std::get_if<ToSplit>(&route.action)) {
      for (const ToSplit::Part& part : split->parts) pools.insert(part.pool);
    }
  }
}

void note_binds(const ListenerConfig& listener, const Node& node, Reader& reader) {
  const Node* bind = node.find("bind");
  if (bind == nullptr) return;
  const std::vector<Node> alone = {*bind};
  const std::vector<Node>& nodes = bind->is_list() ? bind->items : alone;
  for (size_t i = 0; i < listener.bind.size() && i < nodes.size(); ++i) {
    reader.notes().binds.push_back({listener.bind[i], reader.where(), nodes[i].spot});
  }
}

bool is_empty_list(const Node* node) {
  return node != nullptr && node->is_list() && node->items.empty();
}

void check_bind(const Node& node, Reader& reader) {
  const Node* bind = node.find("bind");
  if (bind == nullptr && !reader.notebook().may_be_lost({"bind"})) {
    reader.error(node, fmt::format("{} has no `bind`", reader.where()),
                 "for example `bind: \":8080\"`");
  }
  if (is_empty_list(bind)) {
    reader.error(*bind, "`bind` names no address", "for example `bind: \":8080\"`");
  }
}

void check_has_route(const ListenerConfig& listener, const Node& node, Reader& reader) {
  const Node* routes = node.find("routes");
  if (!listener.routes.empty() || node.find("pool") != nullptr) return;
  if (is_empty_list(routes)) {
    reader.error(*routes, "`routes` names no route", "for example `pool: app`");
  } else if (routes == nullptr && !reader.notebook().may_be_lost({"pool", "routes"})) {
    reader.error(node, fmt::format("{} has neither `pool` nor `routes`", reader.where()),
                 "for example `pool: app`");
  }
}

void finish(ListenerConfig& listener, const Node& node, Reader& reader) {
  check_bind(node, reader);
  check_has_route(listener, node, reader);
  name_routes(listener, node, reader);
  check_order(listener, node, reader);
  check_certificates(listener, node, reader);
  check_mirrors(listener, node, reader);
  note_binds(listener, node, reader);
  note_pools(listener, reader);
  if (listener.protocol != Protocol::tcp) return;
  check_tcp_listener(listener, node, reader);
  if (node.find("idle_timeout") == nullptr) listener.idle_timeout = kTcpIdle;
}

}  // namespace

const Section<ListenerConfig>& listener_section() {
  static const Section<ListenerConfig> section = {
      .name = "listener",
      .heading = "Listeners",
      .help =
          "A mapping from names to listeners: what is served, and where. Each has `routes`, or a "
          "`pool`, or "
          "both: routes first, the pool takes what remains.",
      .options = {{"bind", &ListenerConfig::bind, list_of(bind_address(), "a list of addresses"),
                   "The address to listen on, or several. A port alone is every interface, IPv4 "
                   "and IPv6; the protocol may "
                   "stand in front: `tcp://:5432`.",
                   "\":8080\""},
                  {"protocol", &ListenerConfig::protocol, protocol(), "What is spoken.", "tcp"},
                  {"tls", &ListenerConfig::tls, tls(),
                   "Speaks TLS with its clients: for http this is HTTPS.",
                   "{ cert: site.crt, key: site.key }"},
                  {"routes", kItself, routes(), "Tried in order. A tcp listener has only a pool.",
                   "[{ match: /api/*, pool: api }]"},
                  {"pool", kItself, remaining_pool(),
                   "The pool that serves what no route has taken. A list of addresses, or the "
                   "settings of a pool, make one in "
                   "place, with the listener's name.",
                   "app"},
                  Option<ListenerConfig>("http", &ListenerConfig::http,
                                         section_type<HttpLimits, http_section>(),
                                         "Limits of HTTP.", "{ header_timeout: 5s }")
                      .shown_when(is_http),
                  Option<ListenerConfig>(
                      "tunnel_timeout",
                      [](auto& listener) -> auto& { return listener.http.tunnel_timeout; },
                      duration(1ms, 24h * 30),
                      "Each stretch in which an upgraded connection, such as a WebSocket, carries "
                      "nothing.",
                      "1h")
                      .shown_when(is_http),
                  {"idle_timeout", &ListenerConfig::idle_timeout, duration(1ms, 24h * 30),
                   "How long a connection without a request is kept. Of a tcp listener: each "
                   "stretch in which neither side "
                   "sends anything, 1h when nothing is said.",
                   "60s"},
                  {"max_connections", &ListenerConfig::max_connections,
                   whole_number(0, 10'000'000, "connections"),
                   "Over all workers; 0: no limit of its own.", "10000"},
                  Option<ListenerConfig>("maintenance", &ListenerConfig::maintenance,
                                         section_type<MaintenanceConfig, maintenance_section>(),
                                         "Answers 503 to all but a few, on every route.", "on")
                      .shown_when([](const ListenerConfig& listener) {
                        return listener.maintenance.given;
                      }),
                  Option<ListenerConfig>("trace", &ListenerConfig::trace,
                                         section_type<TraceConfig, trace_section>(),
                                         "Begins a trace where a request is part of none.", "on")
                      .shown_when(
                          [](const ListenerConfig& listener) { return listener.trace.on; })},
      .expand = expand,
      .finish = finish,
  };
  return section;
}

}  // namespace fairlead::core
