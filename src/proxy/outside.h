// Outside: what a worker tells the rest of the process. Implemented by app/, where the threads are.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/instant.h"
#include "base/log.h"
#include "base/result.h"

namespace fairlead::proxy {

class Outside {
 public:
  virtual ~Outside() = default;
  // A line for the access log; false: it was dropped, and counted. Never waits.
  virtual bool log_access(std::string_view line) = 0;
  virtual Log& log() = 0;
  // Traffic could not connect to a backend: for its health. `began` is when it tried. Never waits.
  virtual void connect_failed(uint32_t backend, Code how, Instant began) = 0;
};

}  // namespace fairlead::proxy
