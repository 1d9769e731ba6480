// Outside: what a worker tells the rest of the process. Implemented by app/, where the threads are.
#pragma once

#include <string_view>

#include "base/log.h"
#include "core/outcome.h"

namespace fairlead::proxy {

class Outside {
 public:
  virtual ~Outside() = default;
  // A line for the access log; false: it was dropped, and counted. Never waits.
  virtual bool log_access(std::string_view line) = 0;
  virtual Log& log() = 0;
  // Traffic met trouble at a backend: for its health. Never waits.
  virtual void tell(const core::Trouble& trouble) = 0;
};

}  // namespace fairlead::proxy
