// SplitOrders: the weights that operators have given to the splits of routes, over reloads.
//
// An order stands until another one, or until a reload says other weights in the file than those
// that it was given over: then the file is the newer word. Control thread.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/snapshot.h"

namespace fairlead::control {

class SplitOrders {
 public:
  // These weights, in the order of the split's parts. The file's own are no order.
  void give(const core::Split& split, std::vector<uint32_t> weights);

  struct Applied {
    std::shared_ptr<const core::Snapshot> snapshot;
    // Splits whose orders are forgotten, with what those said: "stable=80 canary=20".
    std::vector<std::pair<std::shared_ptr<const core::Split>, std::string>> forgotten;
  };
  // The same snapshot, its version included, with all orders that still stand. The others are
  // forgotten.
  Applied applied_to(std::shared_ptr<const core::Snapshot> snapshot);

 private:
  struct Order {
    std::vector<std::pair<std::string, uint32_t>> file;  // pools and weights, when it was given
    std::vector<uint32_t> weights;
  };
  std::map<std::pair<std::string, std::string>, Order> orders_;  // by listener and route
};

// "stable=80 canary=20": the weights that act, or those of the file.
std::string weights_text(const core::Split& split);
std::string file_weights_text(const core::Split& split);

}  // namespace fairlead::control
