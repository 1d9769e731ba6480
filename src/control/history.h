// History: the last state changes, reloads and starts, each with its reason and numbers.
//
// What /api/v1/events shows and what the log said: both come from the same Occurrence. Bounded: the
// oldest is forgotten. Control thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/log.h"

namespace fairlead::control {

struct Occurrence {
  enum class Kind : uint8_t {
    started,        // the first configuration acts
    reloaded,       // another configuration acts
    refused,        // a reload changed nothing: the file is wrong
    backend_state,  // a backend went from one state to another
    weight,         // an operator gave a backend another weight, or the file's again
    split,          // an operator gave a route's split other weights, or the file's again
    drained,        // the work at a backend that was taken out has ended
    withheld,       // a backend was not ejected, for its pool cannot do without it
    pool_basis,     // which of a pool's backends get new work has changed
    draining,       // the instance has begun to stop
  };
  uint64_t id = 0;  // from 1, rising by one; set by History
  WallTime time{};
  Kind kind = Kind::backend_state;
  std::string route{};  // of a split
  std::string pool{};
  std::string backend{};  // its address
  std::string from{};
  std::string to{};
  std::string reason{};
  uint64_t generation = 0;  // of the configuration that acted
};
// The name in the API: "backend_state".
std::string_view name_of(Occurrence::Kind kind);

// One line for a person: "pool `api`: 127.0.0.1:9001 healthy -> unhealthy: 3 of 3 probes failed".
std::string line_of(const Occurrence& occurrence);

// How bad it is: warning where a backend is lost, error where a pool has nobody left.
Level level_of(const Occurrence& occurrence);

class History {
 public:
  explicit History(size_t capacity = 1000) : capacity_(capacity) {}

  // Keeps it with the next id, and gives it back.
  const Occurrence& add(Occurrence occurrence);
  // Those with an id above `id`, oldest first, at most the newest `most` of them.
  std::vector<Occurrence> after(uint64_t id, size_t most) const;
  uint64_t last_id() const { return next_id_ - 1; }

 private:
  size_t capacity_;
  uint64_t next_id_ = 1;
  std::deque<Occurrence> occurrences_;
};

}  // namespace fairlead::control
