// The file: what stands at the top of it.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/config/options/sections.h"
#include "core/config/sticky_checks.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

constexpr size_t kLongestName = 64;

// Names stand in metrics, logs and the paths of the API.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
  });
}

void note(const PoolConfig& pool, const Node& name, Reader& reader) {
  reader.notes().pools.push_back({pool.name, name.spot});
}
void note(const ListenerConfig&, const Node&, Reader&) {}

void note_unread(const PoolConfig&, Reader& reader) { reader.notes().pools_unread = true; }
void note_unread(const ListenerConfig&, Reader&) {}

// A mapping from names to sections.
template <typename S>
Type<std::vector<S>> named(Type<S> item, std::string what) {
  Shape shape{.kind = Shape::Kind::names,
              .words = fmt::format("a mapping from names to {}s", what),
              .parts = {item.shape}};
  auto read = [item, what, shape](std::vector<S>& values, const Node& node, Reader& reader) {
    if (!node.is_map()) {
      note_unread(S{}, reader);
      if (!node.reported)
        reader.error(
            node, fmt::format("{} must be {}, not {}", reader.key(), shape.words, describe(node)));
      return;
    }
    for (const Entry& entry : node.entries) {
      auto step = reader.into_named(fmt::format("{} {}", what, ticked(entry.key.text)));
      if (!is_name(entry.key.text)) {
        reader.error(
            entry.key, fmt::format("{} is not a name for a {}", ticked(entry.key.text), what),
            fmt::format("allowed: letters, digits, `-`, `_` and `.`, at most {}", kLongestName));
      }
      S value;
      value.name = entry.key.text;
      note(value, entry.key, reader);
      if (entry.value.null) {
        if (!entry.value.reported)
          reader.error(entry.key, fmt::format("{} has no settings", reader.where()),
                       "they stand below it, indented further than it");
        continue;
      }
      item.read(value, entry.value, reader);
      value.place = reader.place(entry.key);
      values.push_back(std::move(value));
    }
  };
  auto show = [item](const std::vector<S>& values) {
    Node node = map();
    for (const S& value : values) node.set(value.name, item.show(value));
    return values.empty() ? Node{} : node;
  };
  return {shape, read, show};
}

// Done already when the sections are read (include.h); stands here to be known and described.
Type<Config> include() {
  Type<std::string> path = text("a path or a pattern");
  return {list_of(path, "a list of paths").shape, [](Config&, const Node&, Reader&) {},
          [](const Config&) { return Node{}; }};
}

Node& pools_of(Node& file) {
  Node* pools = file.find("pools");
  return pools != nullptr ? *pools : file.set("pools", map(file.spot));
}

// A pool in place becomes a pool with the listener's name.
Node expand(const Node& given, Reader& reader) {
  const Node* found = given.find("listeners");
  if (found == nullptr || !found->is_map()) return given;
  Node file = given;
  Node listeners = *found;
  std::map<std::string, Spot> there;
  if (const Node* pools = given.find("pools")) {
    for (const Entry& entry : pools->entries) there.emplace(entry.key.text, entry.key.spot);
  }
  for (Entry& listener : listeners.entries) {
    Node* pool = listener.value.find("pool");
    if (pool == nullptr || pool->is_scalar()) continue;
    Node& pools = pools_of(file);
    if (!pools.is_map()) break;
    const auto same = there.find(listener.key.text);
    if (same != there.end()) {
      reader
          .error(*pool,
                 fmt::format(
                     "the pool in place of listener {0} is named {0}, and there is another one",
                     ticked(listener.key.text)),
                 "give one of them a different name")
          .other = reader.notebook().place_of(same->second);
    } else {
      pools.entries.push_back({listener.key, *pool});
    }
    *pool = scalar(listener.key.text, pool->spot);
  }
  *file.find("listeners") = std::move(listeners);
  return file;
}

// Where `admin` is said; the file alone where it is not.
void place_admin(Config& config, const Node& node, Reader& reader) {
  const Node* admin = node.find("admin");
  config.admin_place = reader.place(admin != nullptr ? *admin : node);
  if (admin != nullptr) return;
  config.admin_place.line = config.admin_place.column = 0;
  std::vector<Notes::Bound>& binds = reader.notes().binds;
  binds.insert(binds.begin(), {*config.admin, "`admin` by default", {}});
}

Type<std::optional<uint32_t>> instance_number() {
  const Type<uint32_t> one = whole_number(0, 100'000);
  auto read = [one](std::optional<uint32_t>& value, const Node& node, Reader& reader) {
    uint32_t number = 0;
    one.read(number, node, reader);
    value = number;
  };
  auto show = [one](const std::optional<uint32_t>& value) {
    return value ? one.show(*value) : Node{};
  };
  return {one.shape, read, show};
}

constexpr auto kZone = [](auto& config) -> auto& { return config.here.zone; };
constexpr auto kInstance = [](auto& config) -> auto& { return config.here.instance; };

// Every pool knows where this instance stands.
void place_pools(Config& config, Reader& reader) {
  for (PoolConfig& pool : config.pools) pool.here = config.here;
  if (config.here.instance) return;
  for (const Notes::Named& use : reader.notes().subsets) {
    reader.notebook().error(
        use.spot,
        fmt::format("`subset` of pool {} needs to know which instance this is", ticked(use.name)),
        "say `instance: 0` at the top of the file, another number on each "
        "instance, for example from the environment: `instance: ${INSTANCE}`");
  }
}

void finish(Config& config, const Node& node, Reader& reader) {
  place_admin(config, node, reader);
  place_pools(config, reader);
  check_stickiness(config, node, reader);
  if (!config.listeners.empty() || reader.notebook().has_lost_anything()) return;
  const Node* listeners = node.find("listeners");
  if (listeners != nullptr &&
      (listeners->reported || !listeners->is_map() || !listeners->entries.empty()))
    return;
  reader.error(listeners != nullptr ? *listeners : node,
               "there are no listeners: nothing would be served",
               "for example `listeners: { web: { bind: \":8080\", pool: app } }`");
}

}  // namespace

const Section<Config>& file_section() {
  static const Section<Config> section = {
      .name = "file",
      .heading = "The file",
      .help = "What stands at the top of fairlead.yaml.",
      .options =
          {{"listeners", &Config::listeners,
            named(section_type<ListenerConfig, listener_section>(), "listener"),
            "What is served, by name.", "{ web: { bind: \":8080\", pool: app } }"},
           {"pools", &Config::pools, named(section_type<PoolConfig, pool_section>(), "pool"),
            "Sets of backends, by name.", "{ app: [127.0.0.1:9001, 127.0.0.1:9002] }"},
           {"admin", &Config::admin, section_type<std::optional<Address>, admin_section>(),
            "Where the API and the metrics are served.", "127.0.0.1:9900"},
           {"workers", &Config::workers,
            word_or<uint32_t>("auto", 0, whole_number(1, 1024, "threads")),
            "Threads that carry traffic; `auto`: one for each CPU.", "4"},
           {"access_log", &Config::access_log, section_type<AccessLogConfig, access_log_section>(),
            "One line for each exchange or connection.", "json"},
           {"trusted_proxies", &Config::trusted_proxies, list_of(network(), "a list of networks"),
            "Whose `forwarded`, `x-forwarded-*` and `x-request-id` are believed.", "[10.0.0.0/8]"},
           {"shed", &Config::shed, off_or<Duration>(0s, duration(1ms, 60s)),
            "How far behind a worker's loop may be before it answers 503 to routes of `priority: "
            "low`; at twice as much, to `normal` ones too.",
            "100ms"},
           {"drain_timeout", &Config::drain_timeout, duration(Duration::zero(), 1h),
            "How long exchanges in flight may take to finish when Fairlead is asked to stop.",
            "30s"},
           {"sticky_secret", &Config::sticky_secrets, secrets_type(),
            "What the cookies of `sticky` are sealed with: the same on every instance that is to "
            "understand them. Of several the first seals, and all are believed. Without one it is "
            "made up at each start.",
            "${STICKY_SECRET}"},
           {"zone", kZone, text("a name", 64),
            "Where this instance stands: backends of the same `zone` are preferred.", "eu-1a"},
           {"instance", kInstance, instance_number(),
            "The number of this instance among those that share its pools, from 0: for `subset`.",
            "${INSTANCE}"},
           {"include", kItself, include(),
            "More files, as patterns, relative to this one. They may hold `listeners`, `pools` and "
            "`include`.",
            "[conf.d/*.yaml]"}},
      .expand = expand,
      .finish = finish,
  };
  return section;
}

const Outline& file_outline() {
  static const Outline outline = outline_of(file_section());
  return outline;
}

}  // namespace fairlead::core
