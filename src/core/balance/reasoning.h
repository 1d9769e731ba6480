// Reasoning: what a balancer's next pick goes by, in words and numbers, for `explain`.
//
// Told by the balancer itself, from the loads, tables and sums that its pick looks at; so it cannot
// say anything else than what happens. Changes nothing.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace fairlead::core {

// For a candidate of which there is nothing to compare.
inline constexpr double kNotCompared = std::numeric_limits<double>::quiet_NaN();

struct Reasoning {
  std::string rule;                   // "least active / weight; ties in turn"
  std::string measure = {};           // what is compared, the least wins; empty: nothing is
  std::string unit = {};              // of the measure: "ms", or none
  std::vector<double> compared = {};  // of each candidate, where there is a measure
  std::string place = {};             // where the key leads: "slot 4711 of 65537"
  std::vector<uint32_t> most = {};    // active of each that a bounded load allows; empty: no bound
};

}  // namespace fairlead::core
