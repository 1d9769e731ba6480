// Scope: owns tasks that nobody awaits; when it dies, so do they.
//
// A listener's connections, a worker's timers, a controller's probes: each group has one scope, and
// dropping it is how the group is cancelled. Every task started in Fairlead has an owner.
#pragma once

#include <cstddef>

#include "net/list.h"
#include "net/task.h"

namespace fairlead::net {

class Scope {
 public:
  Scope() = default;
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() { cancel_all(); }

  // Starts the task at once, up to its first wait; it may have ended when this returns.
  void spawn(Task<void> task) {
    auto handle = task.release();
    handle.promise().detach();
    tasks_.push_back(handle.promise());
    handle.resume();
  }

  bool empty() const { return tasks_.empty(); }

  // REQUIRES: not called from one of its tasks.
  void cancel_all() {
    while (!tasks_.empty()) {
      using Promise = detail::ValuePromise<void>;
      auto& promise = static_cast<Promise&>(tasks_.front());
      std::coroutine_handle<Promise>::from_promise(promise).destroy();
    }
  }

 private:
  List<detail::Promise> tasks_;
};

}  // namespace fairlead::net
