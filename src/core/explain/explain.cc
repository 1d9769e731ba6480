// explain(): listener, routes, action and pool of a described request, each with its reason.
#include <fmt/format.h>

#include <algorithm>

#include "core/explain/explanation.h"
#include "core/explain/find_listener.h"
#include "core/explain/preview.h"
#include "core/explain/why.h"

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
const Route* explain_routes(const Router& router, Explanation& explanation) {
  const DescribedHeaders headers(explanation.request);
  const Facts facts = facts_of(explanation.request, headers);
  const Route* taken = router.match(facts);
  for (const Route& route : router.routes()) {
    Considered considered{route.config->name, route.config->place, ""};
    if (&route == taken) {
      considered.why = why_matches(route.config->match);
      explanation.route = std::move(considered);
      break;
    }
    considered.why = why_not(route.config->match, facts, explanation.request);
    explanation.passed_routes.push_back(std::move(considered));
  }
  return taken;
}

ExplainedMember explain_member(const Member& member, const PoolSnapshot& pool,
                               const ExplainSource& source) {
  ExplainedMember explained;
  explained.address = member.backend->text();
  explained.state = member.state;
  explained.weight = member.weight;
  explained.active = member.backend->active();
  explained.eligible = member.eligible;
  if (!member.eligible) {
    explained.why = why_not_eligible(member, pool.basis);
    const std::string reason = source.why_state ? source.why_state(*member.backend) : "";
    if (!reason.empty() && member.state != State::healthy) explained.why += ": " + reason;
  }
  return explained;
}

ExplainedPool explain_pool(const PoolSnapshot& pool, const ExplainSource& source) {
  ExplainedPool explained;
  explained.name = pool.config->name;
  explained.place = pool.config->place;
  explained.algorithm = pool.config->balance.algorithm;
  explained.basis = pool.basis;
  const Preview seen = preview(pool, Key{}, Random(source.seed));
  explained.taken = seen.first;
  for (uint32_t i = 0; i < pool.members.size(); ++i) {
    ExplainedMember member = explain_member(pool.members[i], pool, source);
    member.chance = seen.chances[i];
    member.taken = seen.first == i;
    if (member.eligible)
      member.why = why_picked(member.taken, member.chance, explained.key.has_value());
    explained.members.push_back(std::move(member));
  }
  return explained;
}

std::string pool_outcome(const ExplainedPool& pool) {
  if (!pool.taken) return fmt::format("503: pool {} has no backend that may get work", pool.name);
  const ExplainedMember& taken = pool.members[*pool.taken];
  const auto usable = std::ranges::count_if(
      pool.members, [](const ExplainedMember& member) { return member.chance > 0; });
  if (usable == 1) return fmt::format("to {} in pool {}", taken.address, pool.name);
  return fmt::format("to {} in pool {}, or to one of {} others", taken.address, pool.name,
                     usable - 1);
}

void explain_action(const Snapshot& snapshot, const Route& route, const ExplainSource& source,
                    Explanation& explanation) {
  const DescribedFacts facts(explanation.request);
  if (route.pool) {
    explanation.action = Explanation::Action::pool;
    explanation.pool = explain_pool(*snapshot.pools[*route.pool], source);
    explanation.outcome = pool_outcome(*explanation.pool);
    if (!explanation.pool->taken) explanation.status = 503;
  } else if (const auto* redirect = std::get_if<Redirect>(&route.config->action)) {
    explanation.action = Explanation::Action::redirect;
    explanation.status = redirect->status;
    explanation.location = redirect->to.expand(facts);
    explanation.outcome = fmt::format("{} to {}", redirect->status, explanation.location);
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
    case Explanation::Action::redirect: return "redirect";
    case Explanation::Action::respond: return "respond";
  }
  return "none";
}

Explanation explain(const Snapshot& snapshot, const DescribedRequest& request,
                    const ExplainSource& source) {
  Explanation explanation;
  explanation.request = request;
  explanation.live = source.live;
  explanation.generation = snapshot.generation;
  const ListenerSnapshot* listener = find_listener(snapshot, request);
  explain_listeners(snapshot, listener, explanation);
  if (!listener) {
    explanation.outcome = "no connection: no listener fits";
    return explanation;
  }
  const Route* route = explain_routes(listener->router, explanation);
  if (!route) {
    explanation.status = 404;
    explanation.outcome = "404: no route matches";
    return explanation;
  }
  explain_action(snapshot, *route, source, explanation);
  return explanation;
}

}  // namespace fairlead::core
