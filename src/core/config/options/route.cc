// routes: what to do with a request, and when.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

constexpr std::array<std::string_view, 4> kActions = {"pool", "split", "redirect", "respond"};

// One alternative of the action as an option of the route.
template <typename A>
Type<RouteConfig> action(Type<A> type) {
  return {type.shape,
          [type](RouteConfig& route, const Node& node, Reader& reader) {
            A value{};
            type.read(value, node, reader);
            route.action = std::move(value);
          },
          [type](const RouteConfig& route) {
            const A* value = std::get_if<A>(&route.action);
            return value != nullptr ? type.show(*value) : Node{};
          }};
}

Type<ToPool> pool_name() {
  Shape shape{.words = "the name of a pool"};
  auto read = [shape](ToPool& to, const Node& node, Reader& reader) {
    if (node.is_list() || node.is_map()) {
      reader.error(node, "only a listener can have a pool in place",
                   "name the pool under `pools`, and write its name here");
    } else if (expect_text(node, shape, reader)) {
      to.pool = node.text;
      reader.notes().pool_uses.push_back({node.text, node.spot});
    }
  };
  return {shape, read, [](const ToPool& to) { return to.pool.empty() ? Node{} : scalar(to.pool); }};
}

bool asks_backend(const RouteConfig& route) {
  return std::holds_alternative<ToPool>(route.action) ||
         std::holds_alternative<ToSplit>(route.action);
}
bool is_split(const RouteConfig& route) { return std::holds_alternative<ToSplit>(route.action); }

// A pool's own `sticky` is another thing: easily said in the wrong place.
void check_side(const Node& node, Reader& reader) {
  const Node* side = node.find("sticky");
  if (side == nullptr || node.find("split") != nullptr || reader.notebook().may_be_lost({"split"}))
    return;
  reader.error(*side, fmt::format("`sticky` of {} means nothing without `split`", reader.where()),
               "to keep clients at a backend, say it of the pool: `sticky: { cookie: SERVERID }`");
}

// What means something only where a backend is asked.
constexpr std::array<std::string_view, 9> kOfBackends = {
    "timeout",  "retry",           "hedge",  "rewrite", "request_headers",
    "max_body", "max_connections", "buffer", "mirror"};

void check_edits(const Node& node, Reader& reader) {
  for (const std::string_view own : {"redirect", "respond"}) {
    if (node.find(own) == nullptr) continue;
    for (const std::string_view name : kOfBackends) {
      if (const Node* found = node.find(name); found != nullptr && found->text != "off")
        reader.error(*found,
                     fmt::format("`{}` means nothing beside `{}`: no backend is asked", name, own),
                     "leave it out");
    }
  }
}

bool names_type(const HeaderField& field) { return field.name == "content-type"; }

// What clients send is escaped by `content_type`: a page must not become HTML behind its back, nor
// by a browser that guesses where no type is told.
void check_type(const RouteConfig& route, const Node& node, Reader& reader) {
  const auto* respond = std::get_if<Respond>(&route.action);
  if (respond == nullptr || !respond->body.asks_client()) return;
  const HeaderEdits& edits = route.response_headers;
  const bool is_changed =
      std::ranges::any_of(edits.set, names_type) || std::ranges::any_of(edits.add, names_type) ||
      std::ranges::any_of(edits.remove,
                          [](const Pattern& name) { return name.matches("content-type"); });
  if (!is_changed) return;
  reader.error(*node.find("response_headers"),
               "`response_headers` changes the `content-type` of a body in which something is "
               "filled in",
               "write `respond: { content_type: text/html }`: what clients send is escaped by it");
}

void finish(RouteConfig& route, const Node& node, Reader& reader) {
  check_side(node, reader);
  check_type(route, node, reader);
  std::vector<std::string> given;
  for (std::string_view name : kActions) {
    if (node.find(name) != nullptr) given.push_back(fmt::format("`{}`", name));
  }
  if (given.empty() && !reader.notebook().may_be_lost({"pool", "split", "redirect", "respond"})) {
    reader.error(node, fmt::format("{} does nothing", reader.where()),
                 "give it a `pool`, a `split`, a `redirect` or a `respond`");
  }
  if (given.size() > 1) {
    reader.error(node, fmt::format("{} has {}", reader.where(), enumerate(given, "and")),
                 "a route does one of them");
  }
  check_edits(node, reader);
}

}  // namespace

const Section<RouteConfig>& route_section() {
  static const Section<RouteConfig> section = {
      .name = "route",
      .heading = "Routes",
      .help =
          "Routes are tried in order, and the first whose `match` holds is taken. Each has one of "
          "`pool`, `split`, "
          "`redirect` and `respond`. A request that no route takes is answered with 404.",
      .options =
          {{"name", &RouteConfig::name, text("a name of at most 64 characters", 64),
            "As in metrics and logs; the listener's name and the route's number when it is "
            "not given.",
            "checkout"},
           {"match", &RouteConfig::match, section_type<MatchConfig, match_section>(),
            "What must hold; without it the route takes everything.", "/api/*"},
           {"pool", kItself, action(pool_name()), "The pool that serves the request.", "api"},
           {"split", kItself, action(split_type()),
            "Pools, each with its part of the requests; at any time another one by "
            "`fairlead split` or the API: docs/split.md.",
            "{ stable: 90, canary: 10 }"},
           Option<RouteConfig>("sticky", &RouteConfig::side, side_type(),
                               "Keeps a client on its side of a `split`.", "true")
               .shown_when(is_split),
           {"redirect", kItself, action(section_type<Redirect, redirect_section>()),
            "Sends the client elsewhere.", "https"},
           {"respond", kItself, action(section_type<Respond, respond_section>()),
            "Answers by itself.", "{ status: 200, body: ok }"},
           Option<RouteConfig>(
               "timeout", &RouteConfig::timeout, duration(1ms, 24h),
               "The wait for the head of the response, and each stretch in which the backend "
               "sends nothing of its body. "
               "Too slow: 504.",
               "30s")
               .shown_when(asks_backend),
           {"priority", &RouteConfig::priority,
            choice<Priority>(
                {{"low", Priority::low}, {"normal", Priority::normal}, {"high", Priority::high}}),
            "What is refused first when there is more work than the machine can do, as "
            "`shed` says; `high` never is.",
            "low"},
           Option<RouteConfig>("retry", &RouteConfig::retry,
                               section_type<RetryConfig, retry_section>(),
                               "When a request is given to another backend.", "{ attempts: 1 }")
               .shown_when(asks_backend),
           Option<RouteConfig>("hedge", &RouteConfig::hedge,
                               section_type<HedgeConfig, hedge_section>(),
                               "When a second backend is asked for the same response.", "p95")
               .shown_when(asks_backend),
           Option<RouteConfig>("rewrite", &RouteConfig::rewrite,
                               section_type<RewriteConfig, rewrite_section>(),
                               "What the backend is asked for.", "{ path: { strip_prefix: /api } }")
               .shown_when([](const RouteConfig& route) { return route.rewrite.any(); }),
           Option<RouteConfig>("request_headers", &RouteConfig::request_headers,
                               section_type<HeaderEdits, request_headers_section>(),
                               "Fields that are changed on the way to the backend.",
                               "{ set: { x-tier: gold } }")
               .shown_when([](const RouteConfig& route) { return route.request_headers.any(); }),
           Option<RouteConfig>("response_headers", &RouteConfig::response_headers,
                               section_type<HeaderEdits, response_headers_section>(),
                               "Fields that are changed on the way to the client.",
                               "{ preset: security }")
               .shown_when([](const RouteConfig& route) { return route.response_headers.any(); }),
           Option<RouteConfig>(
               "max_body", &RouteConfig::max_body, off_or<uint32_t>(0, size(1, UINT32_MAX)),
               "The largest body of a request; a larger one is answered with 413.", "10MiB")
               .shown_when([](const RouteConfig& route) { return route.max_body > 0; }),
           Option<RouteConfig>(
               "max_connections", &RouteConfig::max_connections,
               off_or<uint32_t>(0, whole_number(1, 1'000'000, "requests")),
               "How many requests the route serves at once, over all workers, tunnels included; "
               "further ones are answered with 503.",
               "500")
               .shown_when([](const RouteConfig& route) { return route.max_connections > 0; }),
           Option<RouteConfig>(
               "buffer", &RouteConfig::buffer, section_type<BufferConfig, buffer_section>(),
               "How much of a body is taken in before it goes on.", "{ request: 1MiB }")
               .shown_when([](const RouteConfig& route) { return route.buffer.any(); }),
           Option<RouteConfig>(
               "mirror", &RouteConfig::mirror, section_type<MirrorConfig, mirror_section>(),
               "Which pool gets copies of the requests.", "{ pool: shadow, percent: 10 }")
               .shown_when([](const RouteConfig& route) { return route.mirror.any(); }),
           Option<RouteConfig>("maintenance", &RouteConfig::maintenance,
                               section_type<MaintenanceConfig, maintenance_section>(),
                               "Answers 503 to all but a few.", "{ allow: [10.0.0.0/8] }")
               .shown_when([](const RouteConfig& route) { return route.maintenance.given; })},
      .finish = finish,
  };
  return section;
}

}  // namespace fairlead::core
