// Split: one route's requests over several pools, by weight.
//
// A client that is known by a key is placed by weighted rendezvous hashing over the pools' names:
// when weights change, only as many clients change sides as must, and only towards pools whose part
// has grown; so a canary that goes from 10 to 20 % keeps whoever was on it. Routes that split
// between the same pools place a client alike.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "core/balance/rendezvous_list.h"
#include "core/series.h"

namespace fairlead::core {

struct SplitPart {
  uint32_t pool = 0;  // index into Snapshot::pools
  std::string name;   // the pool's
  uint32_t weight = 0;
  uint32_t file_weight = 0;  // that the configuration says
  std::shared_ptr<const RouteSeries> series;
};

class Split {
 public:
  // REQUIRES: 1 to ToSplit::kMost parts, one of which has a weight.
  Split(std::string listener, std::string route, std::vector<SplitPart> parts);

  const std::string& listener() const { return listener_; }
  const std::string& route() const { return route_; }
  const std::vector<SplitPart>& parts() const { return parts_; }
  // Whether any weight differs from the configuration's, by an order.
  bool is_ordered() const;

  // The index of a part with a weight. `usable`: a bit for each part whose pool can take work; what
  // the others were to get goes to those; if none can, it is as if all could.

  // By chance. Cost: linear in the parts.
  uint32_t draw(uint32_t usable, Random& random) const;
  // By the hash of a key. Cost: about 4 ns for each part.
  uint32_t part_of(uint64_t hash, uint32_t usable) const;

 private:
  uint32_t choice_of(uint32_t usable) const;

  std::string listener_;
  std::string route_;
  std::vector<SplitPart> parts_;
  uint32_t weighted_ = 0;  // a bit for each part with a weight
  RendezvousList list_;
};

}  // namespace fairlead::core
