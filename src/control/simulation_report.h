// SimulationReport: what `fairlead simulate` prints: tables with small bars, or JSON. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/simulate/simulation.h"

namespace fairlead::control {

enum class Bars : uint8_t { ascii, blocks };

std::string simulation_text(const core::Scenario& scenario,
                            const std::vector<core::Simulated>& simulated, Bars bars);

// An object, with a line end.
std::string simulation_json(const core::Scenario& scenario,
                            const std::vector<core::Simulated>& simulated);

// `share` (0 to 1) of `width` cells, filled from the left; a share above nothing shows something.
std::string bar(double share, size_t width, Bars bars);

}  // namespace fairlead::control
