// Why: the reasons of an explanation in words. Short, with the values that decided.
#pragma once

#include <string>

#include "core/explain/described_request.h"
#include "core/snapshot.h"

namespace fairlead::core {

// What a match that held had named: "path /api/*, method GET or POST"; "it matches everything".
std::string why_matches(const MatchConfig& match);

// The first condition that did not hold: "path /a is not /api/*". REQUIRES: one does not.
std::string why_not(const MatchConfig& match, const Facts& facts, const DescribedRequest& request);

// REQUIRES: !member.eligible.
std::string why_not_eligible(const Member& member, Basis basis);

// Of an eligible member. `keyed`: the request has a key that the algorithm keeps to.
std::string why_picked(bool taken, double chance, bool keyed);

}  // namespace fairlead::core
