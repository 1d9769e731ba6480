// State: what a backend is at the moment, in the words of the configuration, API and metrics.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fairlead::core {

enum class State : uint8_t {
  checking,  // never probed yet: used only where no backend of its pool is healthy
  healthy,
  unhealthy,  // by probes, or by connects that failed
  draining,   // asked to finish: no new work, the old may end
  disabled,   // by order
};

inline constexpr std::array kStates = {State::checking, State::healthy, State::unhealthy,
                                       State::draining, State::disabled};

// The name in the API, metrics and logs: lower case, one word.
constexpr std::string_view name_of(State state) {
  switch (state) {
    case State::checking: return "checking";
    case State::healthy: return "healthy";
    case State::unhealthy: return "unhealthy";
    case State::draining: return "draining";
    case State::disabled: return "disabled";
  }
  return "checking";
}

}  // namespace fairlead::core
