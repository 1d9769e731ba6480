// Ledger: what all simulated peers saw, and what of it must never happen.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/instant.h"

namespace fairlead::sim {

struct Ledger {
  // A request's head arrived at a backend.
  struct Arrival {
    Instant when;
    Address backend;
    std::string id;
  };

  void violated(std::string what) {
    if (violations.size() < 100) violations.push_back(std::move(what));
  }

  std::vector<std::string> violations;
  std::vector<Arrival> arrivals;
  std::map<std::string, int> posts;  // how often each arrived, by id
  uint64_t answered = 0;             // whole and right
  std::map<int, uint64_t> refused;   // answered by Fairlead itself, by status
  uint64_t broken_off = 0;           // responses that were cut, recognisably
  uint64_t unanswered = 0;           // the connection ended before a byte of the response
  uint64_t not_connected = 0;
  uint64_t echoed = 0;  // TCP connections that came back whole
  uint64_t echo_broken = 0;
};

}  // namespace fairlead::sim
