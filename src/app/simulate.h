// `fairlead simulate`: a pool of a file under made-up load, on a virtual clock.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fairlead::app {

struct SimulateFlags {
  std::string config;
  std::string pool;
  uint64_t requests = 100'000;
  uint32_t clients = 1000;
  uint32_t addresses = 0;  // 0: as many as clients
  std::string key;         // as in the configuration; empty: the pool's
  bool closed = false;
  std::string rate;  // "600/s"
  double load = 60;  // percent
  std::string service = "exp:20ms";
  uint32_t concurrency = 4;
  std::vector<std::string> slow;        // ADDRESS=FACTOR
  std::vector<std::string> kill;        // ADDRESS
  std::vector<std::string> remove;      // ADDRESS
  std::vector<std::string> add;         // ADDRESS or ADDRESS=WEIGHT
  double at = 50;                       // percent
  std::vector<std::string> algorithms;  // empty: all
  std::string access_log;
  uint64_t seed = 1;
  bool json = false;
};

// Prints the report to standard output; an exit code.
int simulate(const SimulateFlags& flags);

}  // namespace fairlead::app
