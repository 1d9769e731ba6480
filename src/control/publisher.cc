#include "control/publisher.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace fairlead::control {

Publisher::Publisher(net::Network& network, Calls calls)
    : network_(network), calls_(std::move(calls)), alarm_(network.wheel()) {
  scope_.spawn(publish_flips());
}

void Publisher::replace(SnapshotPtr snapshot) {
  flips_.clear();
  go(std::move(snapshot));
}

void Publisher::flip(const core::Backend& backend, const core::Standing& standing) {
  flips_[backend.pool()][backend.id()] = standing;
  dirty_.set(network_.ready());
}

// The event is set by the first flip; this goes on in the next pass over the ready queue, behind
// everybody who was ready together with that first one.
net::Task<void> Publisher::publish_flips() {
  while (true) {
    co_await net::wait_for(alarm_, kNever, dirty_);
    dirty_.clear();
    apply_flips();
  }
}

void Publisher::apply_flips() {
  const auto flips = std::exchange(flips_, {});
  if (!current_ || flips.empty()) return;
  const uint64_t version = next_version();
  SnapshotPtr next = current_;
  for (const auto& [name, standings] : flips) {
    const auto pool = core::find_pool(*next, name);
    if (!pool) continue;
    std::vector<core::Flip> changed;
    for (const auto& [id, standing] : standings) changed.push_back({id, standing});
    next = core::with_flips(*next, *pool, changed);
  }
  if (next == current_) return;
  auto last = std::make_shared<core::Snapshot>(*next);
  last->version = version;
  go(std::move(last));
}

void Publisher::go(SnapshotPtr next) {
  const SnapshotPtr before = std::exchange(current_, std::move(next));
  calls_.publish(current_);
  if (!before) return;
  for (const auto& pool : current_->pools) {
    const auto index = core::find_pool(*before, pool->config->name);
    if (!index) continue;
    const core::Basis basis = before->pools[*index]->basis;
    if (basis != pool->basis) calls_.basis_changed(*pool, basis);
  }
}

}  // namespace fairlead::control
