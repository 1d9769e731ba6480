// Client: one connection's place in the closed loop, whatever it speaks.
//
// Where it stands: owned by main's loop, which hands it readiness and asks for the next request.
// It refuses to hide a failure: whatever goes wrong is counted with its reason.
#pragma once

#include <cstdint>
#include <string_view>

#include "plan.h"

namespace fairlead::bench {

// What all clients of a run share; outlives them.
struct Shared {
  const Plan& plan;
  int epoll;
  std::string_view request;  // http: the whole head
  std::string_view content;  // http: the body; bulk: the content that is compared
  Count& count;
};

class Client {
 public:
  virtual ~Client() = default;

  // Opens the connection when there is none and sends the next request.
  virtual void begin() = 0;

  // Handles readiness. True when a response was completed or given up: `begin` may follow.
  virtual bool on_ready() = 0;

  // True when the connection is open and the peer has not ended it.
  virtual bool is_open() const = 0;

  // Grows with every byte of a body: one that stands still while others go on is stuck.
  uint64_t progress() const { return progress_; }

 protected:
  uint64_t progress_ = 0;
};

}  // namespace fairlead::bench
