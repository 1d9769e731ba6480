// Strings of events and of states, for the tests of health.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/health.h"

namespace fairlead::core {

inline constexpr Instant kStart{1000s};

inline char letter_of(State state) {
  switch (state) {
    case State::healthy: return 'U';
    case State::degraded: return 'g';
    case State::checking: return '?';
    case State::ejected: return 'E';
    case State::unhealthy: return 'D';
    case State::draining: return 'd';
    case State::disabled: return 'x';
  }
  return ' ';
}

inline HealthEvent event_of(char letter, Instant now) {
  switch (letter) {
    case '+': return ProbePassed{};
    case 'g': return ProbePassed{State::degraded, "it said so"};
    case 'q': return ProbePassed{State::draining, "it wants to quit"};
    case '-': return ProbeFailed{"status 500"};
    case 'r': return ConnectFailed{Code::refused, now};
    case 't': return ConnectFailed{Code::connect_timeout, now};
    case 'o': return ConnectFailed{Code::unreachable, now - 30s};  // began before the last probes
    case 'E': return Eject{EjectReason::consecutive_errors, "5 errors in a row, last: status 503"};
    case 'h': return Rated{true, 40, "error rate 34 % of 50 requests in 30 s"};
    case 'l': return Rated{false, 100, "error rate 2 % of 50 requests in 30 s"};
    case 'e': return Order::enable;
    case 'd': return Order::drain;
    case 'x': return Order::disable;
    case 'f': return Drained{"drained"};  // its work is finished
    default: return Woke{};
  }
}

inline ProbeConfig thresholds(uint32_t healthy, uint32_t unhealthy) {
  ProbeConfig config;
  config.healthy_threshold = healthy;
  config.unhealthy_threshold = unhealthy;
  return config;
}

inline ProbeConfig probes_off() {
  ProbeConfig config;
  config.kind = ProbeConfig::Kind::off;
  return config;
}

// Ejections of 3 s, so that they end within a string.
inline PassiveConfig passive() {
  PassiveConfig config;
  config.eject_for = 3s;
  return config;
}

inline PassiveConfig passive_off() {
  PassiveConfig config;
  config.on = false;
  return config;
}

// The state after each event; the events come a second apart.
inline std::string states(const ProbeConfig& config, std::string_view events,
                          const PassiveConfig& traffic = passive()) {
  Health health(config, traffic, kStart);
  std::string result;
  Instant now = kStart;
  for (char event : events) {
    const State before = health.state();
    const auto change = health.step(event_of(event, now += 1s), now);
    EXPECT_EQ(change.has_value(), health.state() != before) << events;
    if (change) {
      EXPECT_EQ(change->from, before);
      EXPECT_EQ(change->to, health.state());
      EXPECT_FALSE(change->reason.empty());
      EXPECT_EQ(health.since(), now);
    }
    result += letter_of(health.state());
  }
  return result;
}

}  // namespace fairlead::core
