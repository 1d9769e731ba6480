// Readiness: why this instance should get no traffic, in words; what /ready answers. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/snapshot.h"

namespace fairlead::control {

struct ReadinessFacts {
  const core::Snapshot* snapshot = nullptr;  // null: nothing acts yet
  bool first_round_done = false;
  size_t unchecked = 0;  // backends that wait for their first probe
  bool draining = false;
};

// Empty: ready. One pool of several without a usable backend does not make an instance unready: the
// others would lose their traffic with it; when none that a route leads to is usable, it is.
std::vector<std::string> reasons_not_ready(const ReadinessFacts& facts);

// The pools that routes lead to and that have nobody for new work, by name.
std::vector<std::string> unusable_pools(const core::Snapshot& snapshot);

// What is wrong with the pools that routes lead to, a sentence for each that does not run on
// healthy backends: "pool `api` has no healthy backend: its ejected ones get new work".
std::vector<std::string> complaints(const core::Snapshot& snapshot);

}  // namespace fairlead::control
