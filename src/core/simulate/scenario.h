// Scenario: what is to be simulated: a pool, who asks it, how it works, and what happens to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "core/config/config.h"
#include "core/simulate/service_time.h"

namespace fairlead::core {

// Something that happens to a backend in the middle of a run.
struct Upset {
  enum class Kind : uint8_t {
    slow,    // from then on `factor` times as long for each request
    kill,    // refuses connections; what it was working on is reset
    remove,  // leaves the pool; what it has it finishes
    add,     // joins the pool with `factor` as its weight
  };
  Kind kind = Kind::slow;
  Address backend;
  double factor = 1;
};

// An arrival that was recorded.
struct Arrival {
  Duration after{};  // the first one of the record
  std::string client;
};

struct Scenario {
  PoolConfig pool;
  uint64_t requests = 100'000;   // 1 to 100 million
  uint32_t clients = 1000;       // each with a key of its own; 1 to 10 million
  uint32_t addresses = 0;        // that all clients come from, in turns; 0: each from its own
  std::optional<KeySource> key;  // other than the pool's, for algorithms that can be told
  // Closed: every client has one request at a time and sends the next one when it is answered.
  // Open: they arrive at random moments (Poisson), whatever becomes of the ones before.
  bool closed = false;
  // Arrivals in a second; nothing: `load` of what the pool can do. Open only.
  std::optional<double> rate;
  double load = 0.6;
  ServiceTime service;
  // Requests that a backend works on at once, for each unit of the least weight in the pool;
  // further ones wait there in turn. Weights are taken to be true: twice the weight, twice as many.
  uint32_t concurrency = 4;
  std::vector<Upset> upsets;
  double upset_at = 0.5;          // after this share of the requests
  std::vector<Arrival> recorded;  // in order of time; where there are any, they are the arrivals
  uint64_t seed = 1;
};

// How many requests a backend of this weight works on at once.
uint32_t servers_of(const Scenario& scenario, uint32_t weight);

// How many requests in a second those backends can do that get work, before any upset.
double capacity_of(const Scenario& scenario);

// Arrivals in a second of an open run.
double rate_of(const Scenario& scenario);

// What cannot be simulated, in words; nothing: it can.
std::optional<std::string> fault_of(const Scenario& scenario);

// The configuration of the pool behind all removals and additions.
PoolConfig pool_after(const Scenario& scenario);

}  // namespace fairlead::core
