// Backend: the live object of one backend of one pool, for as long as anybody uses it.
//
// Made by the Registry, shared by every snapshot that names the backend, and so older and younger
// than any of them: a reload forgets no number. What may change at a reload (weight, state) is not
// in here but in the snapshot's Member.
#pragma once

#include <cstdint>
#include <string>

#include "base/address.h"
#include "core/adaptive_limit.h"
#include "core/balance/balancer.h"
#include "core/error_streak.h"
#include "core/series.h"

namespace fairlead::core {

// A hash of an address that is the same in every process, on every machine and in every version of
// the program: instances that hash keys must agree on it.
uint64_t identity_of(const Address& address);

class Backend {
 public:
  Backend(uint32_t id, std::string pool, Address address, uint32_t workers)
      : id_(id),
        pool_(std::move(pool)),
        address_(std::move(address)),
        text_(address_.text()),
        identity_(identity_of(address_)),
        tally_(workers) {}
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  uint32_t id() const { return id_; }                // never given twice by one process
  const std::string& pool() const { return pool_; }  // the pool's name
  const Address& address() const { return address_; }
  const std::string& text() const { return text_; }  // the address, as logs and metrics name it
  uint64_t identity() const { return identity_; }

  // Leases held now, over all workers. Any thread; leases (core/pool) alone change it.
  uint32_t active() const { return load_.active.load(std::memory_order_relaxed); }
  const LiveLoad& load() const { return load_; }
  // Where the pool's max_connections is adaptive: what it is now. Any thread.
  uint32_t adaptive_limit() const { return adaptive_.limit(); }
  // Work at once that it may have, where this is its pool's max_connections; 0: no limit.
  uint32_t limit_of(uint32_t max_connections) const {
    return max_connections == PoolConfig::kAdaptive ? adaptive_limit() : max_connections;
  }
  const PerWorker<BackendTally>& tally() const { return tally_; }
  // Errors in a row, over all workers (judge() in core/outcome). Any thread; leases add to it.
  uint32_t errors_in_row() const { return streak_.length(); }
  // What was before says nothing any more: it has been out meanwhile. Any thread.
  void forget_errors() { streak_.end(); }

 private:
  friend class Lease;

  const uint32_t id_;
  const std::string pool_;
  const Address address_;
  const std::string text_;
  const uint64_t identity_;
  PerWorker<BackendTally> tally_;
  ErrorStreak streak_;
  AdaptiveLimit adaptive_;
  LiveLoad load_;  // alone on its line
};

}  // namespace fairlead::core
