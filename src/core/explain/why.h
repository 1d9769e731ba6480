// Why: the reasons of an explanation in words. Short, with the values that decided.
#pragma once

#include <optional>
#include <string>

#include "core/explain/explanation.h"
#include "core/snapshot.h"

namespace fairlead::core {

// What a route that is taken had asked for: "path /api/*, method GET or POST"; "it matches
// everything".
std::string why_matches(const RouteConfig& route);

// The first condition that did not hold: "path /a is not /api/*". `most_body`: the listener's
// max_match_body. REQUIRES: one does not.
std::string why_not(const RouteConfig& route, const Facts& facts, const DescribedRequest& request,
                    uint32_t most_body);

// What keeps a member out of the choice. REQUIRES: !member.eligible.
std::string why_out(const Member& member, const PoolConfig& pool);

// Of a member that is in the choice, its numbers filled in. `keyed`: the request has a key that the
// algorithm keeps to.
std::string why_picked(const ExplainedMember& member, bool keyed);

// How TLS is spoken with backends: "for api.internal, by ca.pem"; empty: it is not.
std::string how_encrypted(const std::optional<BackendTlsConfig>& tls);

}  // namespace fairlead::core
