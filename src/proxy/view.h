// View: one worker's reading of a snapshot, with its own pools beside it.
//
// An exchange keeps the view that it started with, so a reload changes no route and no limit under
// its feet. The pools in it are shared with the views that come later, and follow every snapshot.
// One thread's: the reference count is never shared between cores.
#pragma once

#include <memory>
#include <vector>

#include "core/pool.h"
#include "core/snapshot.h"

namespace fairlead::proxy {

struct View {
  std::shared_ptr<const core::Snapshot> snapshot;
  std::vector<std::shared_ptr<core::Pool>> pools;  // as in snapshot->pools
};

}  // namespace fairlead::proxy
