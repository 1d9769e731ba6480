// routes: what to do with a request, and when.
#include <fmt/format.h>

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

bool is_split(const RouteConfig& route) { return std::holds_alternative<ToSplit>(route.action); }

// A pool's own `sticky` is another thing: easily said in the wrong place.
void check_side(const Node& node, Reader& reader) {
  const Node* side = node.find("sticky");
  if (side == nullptr || node.find("split") != nullptr || reader.notebook().may_be_lost({"split"}))
    return;
  reader.error(*side, fmt::format("`sticky` of {} means nothing without `split`", reader.where()),
               "to keep clients at a backend, say it of the pool: `sticky: { cookie: SERVERID }`");
}

void finish(RouteConfig&, const Node& node, Reader& reader) {
  check_side(node, reader);
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
           {"timeout", &RouteConfig::timeout, duration(1ms, 24h),
            "The wait for the head of the response, and each stretch in which the backend "
            "sends nothing of its body. "
            "Too slow: 504.",
            "30s"},
           {"priority", &RouteConfig::priority,
            choice<Priority>(
                {{"low", Priority::low}, {"normal", Priority::normal}, {"high", Priority::high}}),
            "What is refused first when there is more work than the machine can do, as "
            "`shed` says; `high` never is.",
            "low"},
           {"retry", &RouteConfig::retry, section_type<RetryConfig, retry_section>(),
            "When a request is given to another backend.", "{ attempts: 1 }"},
           {"hedge", &RouteConfig::hedge, section_type<HedgeConfig, hedge_section>(),
            "When a second backend is asked for the same response.", "p95"}},
      .finish = finish,
  };
  return section;
}

}  // namespace fairlead::core
