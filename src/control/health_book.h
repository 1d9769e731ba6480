// HealthBook: what is known of every backend's health: its state machine, its last check, its
// counts.
//
// One entry for each backend of the running configuration, kept across reloads. Passive: the prober
// asks it what is due and the controller tells it what happened. Control thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/instant.h"
#include "control/probe/probe.h"
#include "core/backend.h"
#include "core/config/config.h"
#include "core/health.h"
#include "core/outlier.h"
#include "core/snapshot.h"

namespace fairlead::control {

// One probe, as the API shows it.
struct Check {
  ProbeResult result;
  WallTime time;  // when it ended
  Duration duration{};
};

struct HealthEntry {
  HealthEntry(std::shared_ptr<core::Backend> the_backend, const core::PoolConfig& pool, Instant now)
      : backend(std::move(the_backend)),
        probe(pool.health),
        passive(pool.passive),
        health(pool.health, pool.passive, now) {}

  // Obeys the weight of the file, or an order's instead; an order that says the same is forgotten.
  void weigh(uint32_t of_file, std::optional<uint32_t> by_order);
  // What workers are to know of it now.
  core::Standing standing(Instant now) const;

  std::shared_ptr<core::Backend> backend;
  core::ProbeConfig probe;
  core::PassiveConfig passive;
  core::Health health;
  uint32_t weight = 1;                     // that acts
  uint32_t file_weight = 1;                // that the configuration says
  std::optional<uint32_t> ordered_weight;  // by an operator, if it differs from the file's
  Duration slow_start{};
  Duration drain_timeout{};
  bool lingers = false;    // while it drains, clients that are kept at it may come
  bool is_closed = false;  // its drain has come so far that they may not
  std::optional<Check> last_check;
  std::array<uint64_t, kVerdicts.size()> checks{};  // by verdict
  core::ErrorWindow window;
  std::string last_error;  // that reached consecutive_errors: "status 503"; may be empty
  std::array<uint64_t, core::kEjectReasons> ejections{};  // by EjectReason
  // The pool could not do without it, and that was said; until its state changes.
  bool ejection_withheld = false;
  // It is as new as its pool, or the process: its first state is no comeback.
  bool came_with_pool = false;
  Instant serves_since = kNever;  // kNever: it does not serve
  bool warms_up = false;          // its slow start, from serves_since
  core::Standing told;            // as the workers know it
};

class HealthBook {
 public:
  // What keep() found.
  struct Kept {
    HealthEntry* entry = nullptr;  // never null; valid until the backend is forgotten
    bool is_new = false;
    bool is_reconfigured = false;  // its probes are others than before
    std::optional<core::Change> change;
  };

  // Finds the entry or makes it, and has it obey the pool's settings from now on.
  Kept keep(const std::shared_ptr<core::Backend>& backend, const core::PoolConfig& pool,
            Instant now);
  // Forgets all but these ids.
  void forget_others(const std::set<uint32_t>& ids);

  // Null: no such backend in the running configuration.
  HealthEntry* find(uint32_t id);
  const HealthEntry* find(uint32_t id) const;
  const std::map<uint32_t, HealthEntry>& entries() const { return entries_; }
  // How many wait for their first probe's result.
  size_t unchecked() const;

 private:
  std::map<uint32_t, HealthEntry> entries_;  // by backend id
};

}  // namespace fairlead::control
