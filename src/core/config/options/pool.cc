// pools: sets of interchangeable backends, with one way to choose and one way to probe.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/config/options/later.h"
#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

bool is_backend_key(std::string_view key) {
  return contains(names_of(backend_section()), std::string(key)) || is_later("backend", key);
}

// `{ 10.0.0.1:80: 5 }` is `[{ address: 10.0.0.1:80, weight: 5 }]`; the value may be a mapping too.
Node backends_from_weights(const Node& node) {
  std::vector<Node> items;
  for (const Entry& entry : node.entries) {
    Node item = entry.value.is_map() ? entry.value : map(entry.key.spot);
    item.spot = entry.key.spot;
    item.set("address", entry.key);
    if (!entry.value.is_map()) item.set("weight", entry.value);
    items.push_back(std::move(item));
  }
  return list(std::move(items), node.spot);
}

Node expand(const Node& given, Reader&) {
  Node node = given.is_scalar() || given.is_list() ? map_of("backends", given) : given;
  Node* backends = node.find("backends");
  if (backends == nullptr || !backends->is_map()) return node;
  const bool by_address = std::ranges::none_of(
      backends->entries, [](const Entry& entry) { return is_backend_key(entry.key.text); });
  if (by_address) *backends = backends_from_weights(*backends);
  return node;
}

Type<std::vector<BackendConfig>> backends_type() {
  auto one = section_type<BackendConfig, backend_section>();
  auto type = list_of(one, "a list of backends");
  Shape weights{.kind = Shape::Kind::names, .words = "a mapping from addresses to weights"};
  weights.parts = {
      Shape{.kind = Shape::Kind::either, .parts = {whole_number(0, 1000).shape, one.shape}}};
  type.shape.parts.push_back(weights);
  return type;
}

// The node that says the address, of an item of `backends`.
const Node* address_of(const Node& item) { return item.is_map() ? item.find("address") : &item; }

void check_duplicates(const PoolConfig& pool, const Node& backends, Reader& reader) {
  const std::vector<Node> alone = {backends};
  const std::vector<Node>& items = backends.is_list() ? backends.items : alone;
  std::map<Address, const Node*> seen;
  for (size_t i = 0; i < items.size() && i < pool.backends.size(); ++i) {
    const Node* said = address_of(items[i]);
    if (said == nullptr || pool.backends[i].address == Address()) continue;  // reported already
    auto [first, fresh] = seen.try_emplace(pool.backends[i].address, said);
    if (fresh) continue;
    reader
        .error(*said,
               fmt::format("{} stands twice in {}", ticked(pool.backends[i].address.text()),
                           reader.where()),
               "for a larger share, give it a `weight`")
        .other = reader.place(*first->second);
  }
}

// What is said and would change something for an HTTP listener: a dump says every default.
void note_http_settings(const PoolConfig& pool, const Node& node, Reader& reader) {
  const PoolConfig usual;
  const auto note = [&](std::string_view key, bool changed) {
    const Node* found = node.find(key);
    if (found != nullptr && changed)
      reader.notes().http_only.push_back({pool.name, std::string(key), found->spot});
  };
  note("idle_timeout", pool.idle_timeout != usual.idle_timeout);
  note("idle_connections", pool.idle_connections != usual.idle_connections);
  note("max_connections", pool.max_connections == PoolConfig::kAdaptive);
  note("sticky", pool.sticky.on());
}

// Slots for each backend, below which shares are visibly off.
constexpr size_t kLeastSlots = 10;

// A table with fewer slots than backends would leave some without work.
void check_table(const PoolConfig& pool, const Node& node, Reader& reader) {
  if (pool.balance.algorithm != "maglev") return;
  const size_t slots = pool.balance.table_size;
  if (slots >= pool.backends.size() * kLeastSlots) return;
  if (slots >= pool.backends.size()) {
    reader.warning(*node.find("balance"),
                   fmt::format("a table of {} slots shares unevenly among {} backends", slots,
                               pool.backends.size()),
                   "give it a hundred slots for each backend");
    return;
  }
  reader.error(*node.find("balance"),
               fmt::format("a table of {} slots is too small for {} backends",
                           pool.balance.table_size, pool.backends.size()),
               "give it a hundred slots for each backend");
}

// Good for a maintenance, and a mistake more often.
void check_weights(const PoolConfig& pool, const Node& node, Reader& reader) {
  const Node* backends = node.find("backends");
  const auto is_idle = [](const BackendConfig& each) { return each.weight == 0; };
  if (backends == nullptr || pool.backends.empty()) return;
  if (!std::ranges::all_of(pool.backends, is_idle)) return;
  reader.warning(*backends,
                 fmt::format("nobody in {} gets any work: every weight is 0", reader.where()),
                 "give one of them a weight of 1 or more");
}

// A probe's own port means nothing where every backend is a Unix socket.
void check_probe_port(const PoolConfig& pool, const Node& node, Reader& reader) {
  const Node* health = node.find("health");
  const Node* port = health != nullptr ? health->find("port") : nullptr;
  if (port == nullptr || pool.backends.empty()) return;
  const auto is_unix = [](const BackendConfig& each) { return each.address.is_unix(); };
  if (!std::ranges::all_of(pool.backends, is_unix)) return;
  reader.error(*port, "`port` is for backends that have one, and these are Unix sockets",
               "leave it out");
}

// A queue without a limit to wait for would look like protection and be none.
void check_queue(const PoolConfig& pool, const Node& node, Reader& reader) {
  const Node* queue = node.find("queue");
  const bool usual = pool.queue == QueueConfig();
  if (queue == nullptr || usual || pool.max_connections > 0) return;
  if (node.find("max_connections") != nullptr || reader.notebook().may_be_lost({"max_connections"}))
    return;
  reader.warning(*queue, fmt::format("nobody ever waits in {}", reader.where()),
                 "say how many connections each backend takes: `max_connections: 1000`");
}

// Where a certificate is to bear an address, there must be one.
void check_names(const PoolConfig& pool, const Node& node, Reader& reader) {
  const auto lacks_name = [](const std::optional<BackendTlsConfig>& tls) {
    return tls && tls->verify && tls->server_name.empty();
  };
  const bool in_probe = pool.health.tls_is_own && lacks_name(pool.health.tls);
  const Node* tls = in_probe ? node.find("health")->find("tls") : node.find("tls");
  if (tls == nullptr || !(in_probe || lacks_name(pool.tls))) return;
  const auto is_unix = [](const BackendConfig& each) { return each.address.is_unix(); };
  const auto found = std::ranges::find_if(pool.backends, is_unix);
  if (found == pool.backends.end() || reader.notebook().may_be_lost({"server_name"})) return;
  reader.error(*tls,
               fmt::format("no certificate bears the name of {}", ticked(found->address.text())),
               "say which name it must bear: `server_name: api.internal`");
}

void finish(PoolConfig& pool, const Node& node, Reader& reader) {
  if (!pool.health.tls_is_own) pool.health.tls = pool.tls;
  check_names(pool, node, reader);
  check_queue(pool, node, reader);
  check_probe_port(pool, node, reader);
  note_http_settings(pool, node, reader);
  check_table(pool, node, reader);
  check_weights(pool, node, reader);
  if (const Node* subset = node.find("subset"); subset != nullptr && pool.subset > 0)
    reader.notes().subsets.push_back({pool.name, subset->spot});
  if (const Node* backends = node.find("backends")) check_duplicates(pool, *backends, reader);
  const bool elsewhere = node.find("discover") != nullptr;
  const Node* backends = node.find("backends");
  if (!pool.backends.empty() || elsewhere || reader.notebook().may_be_lost({"backends"})) return;
  if (backends != nullptr && backends->null) return;
  reader.error(backends != nullptr ? *backends : node,
               fmt::format("{} has no backends", reader.where()),
               "for example `backends: [127.0.0.1:9001, 127.0.0.1:9002]`");
}

}  // namespace

const Section<PoolConfig>& pool_section() {
  static const Section<PoolConfig> section = {
      .name = "pool",
      .heading = "Pools",
      .help = "A mapping from names to pools: sets of interchangeable backends.",
      .options = {{"protocol", &PoolConfig::protocol,
                   choice<UpstreamProtocol>({{"auto", UpstreamProtocol::automatic},
                                             {"http1", UpstreamProtocol::http1},
                                             {"h2", UpstreamProtocol::http2}}),
                   "What is spoken to the backends of an HTTP pool; `auto` is HTTP/1.1 in clear "
                   "text, and over TLS what both know best.",
                   "h2"},
                  {"balance", &PoolConfig::balance, balance_type(), "How a backend is chosen.",
                   "least_connections"},
                  {"health", &PoolConfig::health, section_type<ProbeConfig, health_section>(),
                   "How backends are probed.", "/health"},
                  {"passive", &PoolConfig::passive, section_type<PassiveConfig, passive_section>(),
                   "What traffic may decide about their health.", "{ consecutive_errors: 3 }"},
                  {"sticky", &PoolConfig::sticky, sticky_type(),
                   "Keeps clients at their backends, by a cookie.",
                   "{ cookie: SERVERID, ttl: 1d }"},
                  {"slow_start", &PoolConfig::slow_start, duration(0s, 1h),
                   "How long a backend that joins others at work, or comes back to them, takes "
                   "from a tenth of its share to all of it; 0: none.",
                   "30s"},
                  {"tls", &PoolConfig::tls, backend_tls_type(),
                   "Speaks TLS with the backends, and verifies who they are.",
                   "{ ca: ca.pem, server_name: api.internal }"},
                  {"connect_timeout", &PoolConfig::connect_timeout, duration(1ms, 1h),
                   "For a connection to a backend.", "1s"},
                  {"idle_timeout", &PoolConfig::idle_timeout, duration(1ms, 24h),
                   "How long a connection to a backend is kept for reuse.", "30s"},
                  {"idle_connections", &PoolConfig::idle_connections,
                   whole_number(0, 100'000, "connections"),
                   "Kept for reuse for each backend and worker; 0: none.", "64"},
                  {"drain_timeout", &PoolConfig::drain_timeout, duration(0s, 1h),
                   "How long the work at a backend may go on after the backend is drained, "
                   "disabled or removed; what is left then is cut off.",
                   "5m"},
                  {"max_connections", &PoolConfig::max_connections,
                   word_or<uint32_t>("adaptive", PoolConfig::kAdaptive,
                                     whole_number(0, 1'000'000, "connections")),
                   "Work at once at each backend, exact over all workers: exchanges, TCP "
                   "connections, tunnels. What comes when all are full waits in `queue`; 0: no "
                   "limit; `adaptive`: as much as does not slow its answers down (HTTP).",
                   "1000"},
                  {"queue", &PoolConfig::queue, section_type<QueueConfig, queue_section>(),
                   "Who waits where all backends are full.", "{ limit: 200, timeout: 2s }"},
                  {"when_none_healthy", &PoolConfig::reject_when_none_healthy,
                   choice<bool>({{"reject", true}, {"use_all", false}}),
                   "When no backend is healthy: answer 503, or try them all the same.", "use_all"},
                  {"subset", &PoolConfig::subset, whole_number(0, 100'000, "backends"),
                   "How many of the backends this instance uses, spread evenly over all instances "
                   "by their `instance`; 0: all.",
                   "20"},
                  {"backends", &PoolConfig::backends, backends_type(),
                   "The servers: addresses, mappings, or one mapping from addresses to weights.",
                   "[127.0.0.1:9001, 127.0.0.1:9002]"}},
      .expand = expand,
      .short_forms = {{list_of(backend_address(), "an address, or a list of them").shape,
                       "app: [127.0.0.1:9001, 127.0.0.1:9002]",
                       "app: { backends: [127.0.0.1:9001, 127.0.0.1:9002] }"}},
      .finish = finish,
  };
  return section;
}

}  // namespace fairlead::core
