// State: what a backend is at the moment, in the words of the configuration, API and metrics.
//
// Several facts are known of a backend at once; its state is the worst of them (worst_of).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fairlead::core {

// From the best to the worst.
enum class State : uint8_t {
  healthy,
  degraded,   // works, with a smaller share: too many errors, or its probe says so
  checking,   // never probed yet: used only where no backend of its pool is healthy
  ejected,    // left out for a while because of what traffic met
  unhealthy,  // by probes, or by connects that failed
  draining,   // asked to finish, or asks for it itself: no new work, the old may end
  disabled,   // by order
};

inline constexpr std::array kStates = {State::healthy, State::degraded,  State::checking,
                                       State::ejected, State::unhealthy, State::draining,
                                       State::disabled};

constexpr State worst_of(State a, State b) { return a < b ? b : a; }

// Whether it is fit for new work while its pool has any that are.
constexpr bool serves(State state) { return state <= State::degraded; }

// Whether it is to finish: it gets no work whatever its pool is in want of.
constexpr bool is_to_finish(State state) { return state >= State::draining; }

// The name in the API, metrics and logs: lower case, one word.
constexpr std::string_view name_of(State state) {
  switch (state) {
    case State::healthy: return "healthy";
    case State::degraded: return "degraded";
    case State::checking: return "checking";
    case State::ejected: return "ejected";
    case State::unhealthy: return "unhealthy";
    case State::draining: return "draining";
    case State::disabled: return "disabled";
  }
  return "checking";
}

}  // namespace fairlead::core
