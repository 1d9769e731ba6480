// Publisher: holds the snapshot that is in force, and turns flips into the next one.
//
// However many backends flip in one turn of the loop, the workers get one snapshot for them. Also
// notices when a pool's basis changes. Control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "core/snapshot.h"
#include "net/network.h"
#include "net/scope.h"

namespace fairlead::control {

class Publisher {
 public:
  using SnapshotPtr = std::shared_ptr<const core::Snapshot>;
  struct Calls {
    std::function<void(const SnapshotPtr&)> publish;
    // A pool that both snapshots have is on another basis than before.
    std::function<void(const core::PoolSnapshot&, core::Basis before)> basis_changed;
  };

  Publisher(net::Network& network, Calls calls);

  // A whole new one, published at once. Flips that wait are dropped: it knows better.
  void replace(SnapshotPtr snapshot);
  // One backend of the current snapshot; published at the next turn of the loop with all others.
  void flip(const core::Backend& backend, const core::Standing& standing);

  // Publishes what waits, now. REQUIRES: not called from one of the calls.
  void publish_now() { apply_flips(); }

  const SnapshotPtr& current() const { return current_; }  // null before the first replace()
  uint64_t next_version() const { return current_ ? current_->version + 1 : 1; }

 private:
  net::Task<void> publish_flips();
  void apply_flips();
  void go(SnapshotPtr next);

  net::Network& network_;
  Calls calls_;
  SnapshotPtr current_;
  std::map<std::string, std::map<uint32_t, core::Standing>> flips_;  // by pool, by backend id
  net::Alarm alarm_;
  net::Event dirty_;
  net::Scope scope_;
};

}  // namespace fairlead::control
