// `fairlead backend ...`, `fairlead split` and `fairlead reload`: orders to a running instance, by
// its admin address.
#pragma once

#include <string>
#include <vector>

#include "base/address.h"

namespace fairlead::app {

struct BackendOrder {
  std::string verb;  // drain, enable, disable or weight
  std::string pool;
  std::string backend;  // its address, as the file says it
  std::string value;    // of weight: 0 to 1000, or `file`; else empty
};

struct SplitOrder {
  std::string route;                 // its name
  std::string listener;              // empty: of whichever listeners have one of that name
  std::vector<std::string> weights;  // "canary=20", or `file` alone
};

// All print what came of it, and give an exit code: 0; 1 where the instance refuses, or none
// answers; 2 where the order is none.
int run_backend_order(const Address& admin, const BackendOrder& order);
int run_split_order(const Address& admin, const SplitOrder& order);
int run_reload(const Address& admin);

}  // namespace fairlead::app
