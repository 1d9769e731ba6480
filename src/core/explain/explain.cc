// explain(): listener, routes, action and pool of a described request, each with its reason.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/explain/edits.h"
#include "core/explain/explain_sticky.h"
#include "core/explain/explanation.h"
#include "core/explain/find_listener.h"
#include "core/explain/preview.h"
#include "core/explain/why.h"
#include "core/maintenance.h"
#include "core/redirect_target.h"

namespace fairlead::core {
namespace {

void explain_listeners(const Snapshot& snapshot, const ListenerSnapshot* taken,
                       Explanation& explanation) {
  for (const auto& listener : snapshot.listeners) {
    const ListenerConfig& config = *listener->config;
    FittedListener fitted = fit_of(config, explanation.request);
    if (listener.get() == taken && fitted.fit == ListenerFit::only_protocol)
      fitted.why = "the first of its protocol: " + fitted.why;
    Considered considered{config.name, config.place, std::move(fitted.why)};
    if (listener.get() != taken) {
      explanation.other_listeners.push_back(std::move(considered));
    } else {
      explanation.listener = std::move(considered);
    }
  }
}

// The route that matched, and into the explanation why the ones before did not.
const Route* explain_routes(const Router& router, const JsonText* body, uint32_t most_body,
                            Explanation& explanation) {
  const DescribedHeaders headers(explanation.request);
  const Facts facts = facts_of(explanation.request, headers, body);
  const Route* taken = router.match(facts);
  for (const Route& route : router.routes()) {
    Considered considered{route.config->name, route.config->place, ""};
    if (&route == taken) {
      considered.why = why_matches(*route.config);
      explanation.route = std::move(considered);
      break;
    }
    considered.why = why_not(*route.config, facts, explanation.request, most_body);
    explanation.passed_routes.push_back(std::move(considered));
  }
  return taken;
}

ExplainedMember explain_member(const Member& member, const PoolSnapshot& pool) {
  ExplainedMember explained;
  explained.address = member.backend->text();
  explained.state = member.state;
  explained.weight = member.weight;
  explained.share = member.share;
  explained.tier = member.priority;
  explained.zone = member.zone;
  explained.backup = member.backup;
  explained.active = member.backend->active();
  if (pool.config->max_connections > 0)
    explained.limit = member.backend->limit_of(pool.config->max_connections);
  explained.use = member.use;
  if (!member.eligible) explained.why = why_out(member, *pool.config);
  return explained;
}

// What the balancer sees of it and says of it.
void explain_candidate(uint32_t index, const PoolSnapshot& pool, const Preview& seen, Instant now,
                       ExplainedMember& explained) {
  uint64_t all = 0;
  for (const Candidate& candidate : pool.candidates) all += candidate.weight;
  explained.portion = double(pool.candidates[index].weight) / static_cast<double>(all);
  const LiveLoad& load = pool.members[pool.places[index]].backend->load();
  const double average = seen.meter == Meter::none ? 0 : load.response.expected(seen.meter, now);
  if (average > 0) explained.average = Duration(std::llround(average));
  const Reasoning& told = seen.reasoning;
  if (index < told.compared.size() && !std::isnan(told.compared[index]))
    explained.compared = told.compared[index];
  if (index < told.most.size()) explained.most = told.most[index];
}

// What the request is kept together by, where the algorithm asks.
FoundKey key_in(const PoolSnapshot& pool, const DescribedRequest& request, const Address& local,
                const JsonText* body) {
  const BalanceConfig& balance = pool.config->balance;
  if (!balance.key) return {};
  return find_key(*balance.key, balance.fallback, DescribedKeyFacts(request, local, body));
}

std::optional<ExplainedKey> explain_key(const std::optional<KeySource>& wanted,
                                        const FoundKey& found) {
  if (!wanted) return {};
  return ExplainedKey{.wanted = text_of(*wanted),
                      .source = text_of(found.source),
                      .value = found.value,
                      .present = found.key.present,
                      .by_fallback = found.key.present && found.source != *wanted,
                      .hash = found.key.hash};
}

ExplainedPool explain_pool(const PoolSnapshot& pool, const FoundKey& key,
                           const DescribedRequest& request, const ExplainSource& source) {
  Preview seen = preview(pool, key.key, Random(source.seed), source.now);
  const KeptClient client = find_kept(pool, request, source);
  if (client.member) take_kept(*client.member, seen);
  ExplainedPool explained{.name = pool.config->name,
                          .place = pool.config->place,
                          .algorithm = pool.config->balance.algorithm,
                          .reasoning = seen.reasoning,
                          .basis = pool.basis,
                          .subset = pool.config->subset,
                          .tls = how_encrypted(pool.config->tls),
                          .key = explain_key(pool.config->balance.key, key),
                          .sticky = client.sticky,
                          .members = {},
                          .taken = seen.first,
                          .is_full = seen.is_full,
                          .waiting = pool.series->line.waiting(),
                          .queue = pool.config->queue};
  for (const Member& member : pool.members)
    explained.members.push_back(explain_member(member, pool));
  for (uint32_t i = 0; i < pool.places.size(); ++i)
    explain_candidate(i, pool, seen, source.now, explained.members[pool.places[i]]);
  for (uint32_t i = 0; i < pool.members.size(); ++i) {
    ExplainedMember& member = explained.members[i];
    member.chance = seen.chances[i];
    member.taken = seen.first == i;
    if (member.use == Use::used) member.why = why_picked(member, key.key.present);
    if (client.member) member.why = why_with_kept(member, std::move(member.why));
    const bool by_state = member.use == Use::state || member.use == Use::used;
    if (member.state == State::healthy || !by_state || !source.why_state) continue;
    const std::string reason = source.why_state(*pool.members[i].backend);
    if (!reason.empty()) member.why += ": " + reason;
  }
  return explained;
}

bool must_wait(const ExplainedPool& pool) { return pool.is_full || pool.waiting > 0; }
bool may_wait(const ExplainedPool& pool) { return pool.waiting < pool.queue.limit; }

std::string pool_outcome(const ExplainedPool& pool) {
  if (must_wait(pool)) {
    const std::string full =
        fmt::format("every backend of pool {} is at its max_connections", pool.name);
    if (pool.queue.limit == 0) return fmt::format("503: {}, and nobody may wait", full);
    if (!may_wait(pool))
      return fmt::format("503: {}, and {} wait already, the limit of the queue", full,
                         pool.waiting);
    return fmt::format("waits for a backend with room, behind {}, for at most {} s: {}",
                       pool.waiting, to_seconds(pool.queue.timeout), full);
  }
  if (!pool.taken) return fmt::format("503: pool {} has no backend that may get work", pool.name);
  const ExplainedMember& taken = pool.members[*pool.taken];
  const auto usable = std::ranges::count_if(
      pool.members, [](const ExplainedMember& member) { return member.chance > 0; });
  if (usable == 1) return fmt::format("to {} in pool {}", taken.address, pool.name);
  const std::string others = usable == 2 ? "another" : fmt::format("one of {} others", usable - 1);
  return fmt::format("to {} in pool {}, or to {}", taken.address, pool.name, others);
}

// Where the client connected to: the address that it asked for, of those that the listener has.
Address local_of(const ListenerConfig& listener, const DescribedRequest& request) {
  const auto found = std::ranges::find_if(listener.bind, [&](const Address& address) {
    return !address.is_unix() && address.port() == request.port_meant();
  });
  if (found != listener.bind.end()) return *found;
  return listener.bind.empty() ? Address() : listener.bind.front();
}

void explain_to_pool(const PoolSnapshot& pool, const ListenerConfig& listener, const JsonText* body,
                     const ExplainSource& source, Explanation& explanation) {
  const DescribedRequest& request = explanation.request;
  const FoundKey key = key_in(pool, request, local_of(listener, request), body);
  explanation.pool = explain_pool(pool, key, request, source);
  explanation.outcome = pool_outcome(*explanation.pool);
  const ExplainedPool& explained = *explanation.pool;
  const bool waits = must_wait(explained) && may_wait(explained);
  if (!waits && (!explained.taken || must_wait(explained))) explanation.status = 503;
}

// The index of the side that is taken.
uint32_t explain_split(const Snapshot& snapshot, const ListenerConfig& listener,
                       const SideConfig& config, const Split& split, const JsonText* body,
                       const ExplainSource& source, Explanation& explanation) {
  ExplainedSplit explained;
  uint32_t usable = 0;
  double sum = 0;
  for (uint32_t i = 0; i < split.parts().size(); ++i) {
    const SplitPart& part = split.parts()[i];
    const bool is_usable = !snapshot.pools[part.pool]->candidates.empty();
    if (is_usable) usable |= 1u << i;
    if (is_usable) sum += part.weight;
    explained.sides.push_back({.pool = part.name, .weight = part.weight, .usable = is_usable});
  }
  const DescribedRequest& request = explanation.request;
  FoundKey key;
  if (config.key) {
    key = find_key(*config.key, config.fallback,
                   DescribedKeyFacts(request, local_of(listener, request), body));
    explained.key = explain_key(config.key, key);
  }
  Random random(source.seed);
  const uint32_t taken =
      key.key.present ? split.part_of(key.key.hash, usable) : split.draw(usable, random);
  explained.sides[taken].taken = true;
  for (ExplainedSide& side : explained.sides) {
    if (side.usable && sum > 0) side.portion = side.weight / sum;
  }
  explanation.split = std::move(explained);
  return taken;
}

// "stable 90, canary 10": the side that is taken is one of them.
std::string weights_text(const ExplainedSplit& split) {
  std::string text;
  for (const ExplainedSide& side : split.sides)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", side.pool, side.weight);
  return text;
}

void explain_action(const Snapshot& snapshot, const ListenerConfig& listener, const Route& route,
                    const JsonText* body, const ExplainSource& source, Explanation& explanation) {
  const DescribedFacts facts(explanation.request);
  if (route.pool) {
    explanation.action = Explanation::Action::pool;
    explain_to_pool(*snapshot.pools[*route.pool], listener, body, source, explanation);
  } else if (route.split) {
    explanation.action = Explanation::Action::split;
    const Split& split = *snapshot.splits[*route.split];
    const uint32_t side =
        explain_split(snapshot, listener, route.config->side, split, body, source, explanation);
    explain_to_pool(*snapshot.pools[split.parts()[side].pool], listener, body, source, explanation);
    explanation.outcome += fmt::format("; the split: {}", weights_text(*explanation.split));
  } else if (const auto* redirect = std::get_if<Redirect>(&route.config->action)) {
    explanation.action = Explanation::Action::redirect;
    auto location = redirect_target(redirect->to, facts);
    explanation.status = location ? redirect->status : 400;
    explanation.location = location.value_or("");
    explanation.outcome = location ? fmt::format("{} to {}", redirect->status, *location)
                                   : fmt::format("400: {}", location.error());
  } else if (const auto* respond = std::get_if<Respond>(&route.config->action)) {
    explanation.action = Explanation::Action::respond;
    explanation.status = respond->status;
    explanation.outcome = fmt::format("{}, answered by Fairlead itself", respond->status);
  }
}

}  // namespace

std::string_view name_of(Explanation::Action action) {
  switch (action) {
    case Explanation::Action::none: return "none";
    case Explanation::Action::pool: return "pool";
    case Explanation::Action::split: return "split";
    case Explanation::Action::redirect: return "redirect";
    case Explanation::Action::respond: return "respond";
    case Explanation::Action::maintenance: return "maintenance";
  }
  return "none";
}

namespace {

std::string names_of_listeners(const Snapshot& snapshot) {
  std::string names;
  for (const auto& listener : snapshot.listeners) {
    if (!names.empty()) names += ", ";
    names += listener->config->name;
  }
  return names;
}

void explain_no_route(const ListenerSnapshot& listener, Explanation& explanation) {
  const DescribedRequest& request = explanation.request;
  const bool misdirected =
      listener.config->tls && is_misdirected(listener.router, request.host, request.sni);
  explanation.status = misdirected ? 421 : 404;
  explanation.outcome =
      misdirected ? fmt::format("421: no route is for {}, and the connection was made for {}",
                                request.host, request.sni)
                  : "404: no route matches";
}

}  // namespace

Explanation explain(const Snapshot& snapshot, const DescribedRequest& request,
                    const ExplainSource& source) {
  Explanation explanation;
  explanation.request = request;
  explanation.live = source.live;
  explanation.generation = snapshot.generation;
  const ListenerSnapshot* listener = find_listener(snapshot, request);
  explain_listeners(snapshot, listener, explanation);
  if (!listener) {
    explanation.outcome = request.listener.empty()
                              ? "no connection: no listener fits"
                              : fmt::format("there is no listener {}; there are {}",
                                            request.listener, names_of_listeners(snapshot));
    return explanation;
  }
  const uint32_t most_body = listener->config->http.max_match_body;
  const auto read = json_of(explanation.request, most_body);
  const JsonText* body = read ? &*read : nullptr;
  const Route* route = explain_routes(listener->router, body, most_body, explanation);
  const RouteConfig* config = route ? route->config : nullptr;
  if (maintenance_of(*listener->config, config, request.client)) {
    explanation.action = Explanation::Action::maintenance;
    explanation.status = 503;
    explanation.outcome = "503: maintenance is on";
    return explanation;
  }
  if (!route) {
    explain_no_route(*listener, explanation);
    return explanation;
  }
  explanation.also = edits_of(*listener->config, *route->config, request);
  explain_action(snapshot, *listener->config, *route, body, source, explanation);
  return explanation;
}

}  // namespace fairlead::core
