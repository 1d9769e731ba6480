// What the controller does for sticky sessions: the keys of their cookies, the room for what is
// learned.
#include <algorithm>

#include "control/controller.h"

namespace fairlead::control {
namespace {

bool sets_cookies(const core::Config& config) {
  return std::ranges::any_of(config.pools, [](const core::PoolConfig& pool) {
    return pool.sticky.kind == core::StickyConfig::Kind::cookie;
  });
}

}  // namespace

// The same keys are the same object: workers keep what they have made of them. One that was made up
// lasts as long as the process, so that a reload moves nobody.
void Controller::settle_seal(const core::Config& config) {
  core::SealKeys keys;
  for (const core::SecretConfig& secret : config.sticky_secrets) keys.push_back(secret.text);
  if (!sets_cookies(config)) {
    seal_keys_ = nullptr;
    seal_ = nullptr;
    return;
  }
  if (keys.empty()) {
    keys.push_back(own_secret_);
    if (!seal_keys_ || *seal_keys_ != keys)
      log_.info(
          "no sticky_secret is set: the cookies of sticky pools mean nothing to other instances, "
          "nor after a restart");
  }
  if (seal_keys_ && *seal_keys_ == keys) return;
  seal_ = std::make_unique<const net::HmacSeal>(nullptr, keys);
  seal_keys_ = std::make_shared<const core::SealKeys>(std::move(keys));
}

// With what is not the configuration's alone: keys, and orders for splits.
Publisher::SnapshotPtr Controller::completed(const Publisher::SnapshotPtr& made) {
  size_learned(*made);
  auto sealed = std::make_shared<core::Snapshot>(*made);
  sealed->seal_keys = seal_keys_;
  auto applied = split_orders_.applied_to(std::move(sealed));
  for (const auto& [split, weights] : applied.forgotten) {
    record({.kind = Occurrence::Kind::split,
            .route = split->route(),
            .from = weights,
            .to = weights_text(*split),
            .reason = "the file says others than when the order was given"});
  }
  return applied.snapshot;
}

void Controller::size_learned(const core::Snapshot& snapshot) {
  for (const auto& pool : snapshot.pools) {
    const core::StickyConfig& sticky = pool->config->sticky;
    const bool learns = sticky.kind == core::StickyConfig::Kind::learn;
    core::Learned& learned = pool->series->learned;
    if (learns || learned.size() > 0) learned.resize(learns ? sticky.size : 0, learned_seed_);
  }
}

}  // namespace fairlead::control
