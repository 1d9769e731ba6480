// Scenario: one seeded day of a whole proxy: clients, backends, faults, reloads, and its end.
//
// The seed decides everything: how bad the networks are (0 of 4 seeds: not at all), what each peer
// does, when backends are taken away and brought back, and whether the proxy is stopped under load.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/ledger.h"

namespace fairlead::sim {

struct Report {
  Ledger ledger;
  uint64_t trace = 0;  // same seed, same number
  uint64_t events = 0;
  Duration span{};               // of virtual time
  std::vector<std::string> log;  // of the proxy: access and error log, in order
};

// `verbose`: tells each event of the simulated network on standard output.
Report play(uint64_t seed, bool verbose = false);

// One line for people: what happened, in numbers.
std::string summary(uint64_t seed, const Report& report);

}  // namespace fairlead::sim
