// Controller: the single writer of truth. Configuration and health in, snapshots out.
//
//   start, apply -> HealthBook, Prober -> make_snapshot -> Publisher -> publish()
//   probes, hear(), Referee, order() -> HealthBook -> Publisher.flip -> publish()
//   whoever is draining or disabled, a backend that apply() drops -> Drains -> cut()
//
// Its parts own their things (health_book.h, prober.h, referee.h, publisher.h, drains.h,
// history.h); this joins them, and looks every second (or sooner) at error rates and at who is
// warming up. Lives on the control thread; other threads post to its network. It reads no file,
// listens nowhere and ends no process: that is the app's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "control/certificate_watch.h"
#include "control/drains.h"
#include "control/health_book.h"
#include "control/history.h"
#include "control/prober.h"
#include "control/publisher.h"
#include "control/referee.h"
#include "control/split_orders.h"
#include "core/config/config.h"
#include "core/registry.h"
#include "core/snapshot.h"
#include "net/hmac_seal.h"
#include "net/network.h"
#include "net/scope.h"

namespace fairlead::control {

class Controller {
 public:
  struct Parts {
    net::Network& network;  // the control thread's
    Log& log;               // the control thread's
    uint32_t workers = 1;   // how many the process has
    uint64_t seed = 0;      // of the jitter
    // The next snapshot is in force: post it to every worker. Must not call back into the
    // controller.
    std::function<void(std::shared_ptr<const core::Snapshot>)> publish;
    // Of Drains::Calls; the same holds.
    std::function<void(uint32_t backend)> cut{};
    std::function<void(const std::shared_ptr<core::Backend>&)> survey{};
    std::function<void(std::function<void()>)> fence{};
    // What cookies are sealed with where the configuration says nothing; empty: it is made up.
    std::string own_secret{};
  };

  explicit Controller(Parts parts);
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // The first configuration, generation 1: publishes and begins to probe. Once, before all else.
  void start(std::shared_ptr<const core::Config> config);
  // Another one, a generation later. What did not change keeps its health, numbers and probes.
  // REQUIRES: not called from `publish`.
  void apply(std::shared_ptr<const core::Config> config);
  // A reload was refused: kept in the history, nothing else happens.
  void refuse(std::string reason);

  // What a lease's notice is about (core/pool). A backend that is not (or no more) in the
  // configuration is ignored.
  void hear(const core::Trouble& trouble);

  // An operator's order, published before this returns; it acts until another one, reloads or not.
  // REQUIRES: the backend is in health().
  void order(uint32_t backend, core::Order order);
  // Another weight, 0 to 1000; nothing: that of the file. The same holds.
  void order_weight(uint32_t backend, std::optional<uint32_t> weight);

  // Other weights for a split, in the order of its parts, published before this returns; nothing:
  // those of the file. They act until another order, or until a reload says others than before.
  // REQUIRES: it is in snapshot(); one of them is above 0.
  void order_split(uint32_t split, std::optional<std::vector<uint32_t>> weights);
  // What cookies are sealed with; null: nothing is. Until the next configuration.
  const Seal* seal() const { return seal_.get(); }

  // The instance is about to stop: /ready says so from now on. Probes go on.
  void begin_drain();
  bool is_draining() const { return draining_; }
  // While draining: when what is left is broken off.
  Instant drain_deadline() const { return drain_deadline_; }

  // Whether every backend of the first configuration has been probed once. Stays true.
  bool first_round_done() const { return first_round_done_; }
  // Set when that comes true, at the latest one turn later. For one waiter.
  net::Event& first_round() { return first_round_; }

  uint64_t generation() const { return generation_; }
  // Null before start().
  const std::shared_ptr<const core::Snapshot>& snapshot() const { return publisher_.current(); }
  const HealthBook& health() const { return book_; }
  const Drains& drains() const { return drains_; }
  const History& history() const { return history_; }
  uint32_t workers() const { return registry_.workers(); }

 private:
  void take_up(std::shared_ptr<const core::Config> config, Occurrence::Kind kind);
  void settle_seal(const core::Config& config);
  Publisher::SnapshotPtr completed(const Publisher::SnapshotPtr& made);
  void size_learned(const core::Snapshot& snapshot);
  void close(const Drain& drain);
  std::vector<HealthBook::Kept> keep_backends(const core::Config& config);
  void publish(const std::shared_ptr<const core::Snapshot>& snapshot);
  void drain_removed(const core::Config& config, const std::set<uint32_t>& kept);
  void step(uint32_t id, const core::HealthEvent& event);
  void drained(const Drain& drain);
  void note(HealthEntry& entry, const core::Change& change);
  void begin_to_serve(HealthEntry& entry);
  bool others_serve(const HealthEntry& entry) const;
  const core::PoolSnapshot* pool_of(const core::Backend& backend) const;
  void refresh(HealthEntry& entry);
  Duration pause_between_looks() const;
  net::Task<void> look();
  void look_once();
  void tell_state(const core::Backend& backend, const core::Change& change);
  void tell_basis(const core::PoolSnapshot& pool, core::Basis before);
  void record(Occurrence occurrence);

  net::Network& network_;
  Log& log_;
  core::Registry registry_;
  History history_;
  HealthBook book_;
  std::function<void(std::shared_ptr<const core::Snapshot>)> publish_;
  const std::string own_secret_;
  const uint64_t learned_seed_;  // nobody outside knows it
  std::shared_ptr<const core::SealKeys> seal_keys_;
  std::unique_ptr<const net::HmacSeal> seal_;  // of seal_keys_
  SplitOrders split_orders_;
  uint64_t generation_ = 0;
  bool draining_ = false;
  Instant drain_deadline_ = kNever;
  bool first_round_done_ = false;
  net::Event first_round_;
  Publisher publisher_;
  Referee referee_;
  Prober prober_;
  Drains drains_;
  CertificateWatch certificates_;
  net::Alarm alarm_;
  net::Event reloaded_;
  net::Scope scope_;
};

}  // namespace fairlead::control
