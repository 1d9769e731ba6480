// Pool: one worker's view of one pool: pick a backend, hold a lease on it, report the outcome.
//
// The one way to a backend for every protocol. A worker makes one Pool for each pool it serves and
// hands it each new PoolSnapshot. What it shares with the other workers' is the backends' and the
// series' (ARCHITECTURE.md has the list): atomics, and the waiting line, whose lock nobody takes
// where nobody waits. So on a pick there is no lock, no shared_ptr is copied and nothing allocated.
//
// Lifetime: a Pool keeps every backend alive that it has a lease on, also when a newer snapshot has
// dropped it. The Pool itself must outlive its leases: a worker lets one go when !in_use().
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/random.h"
#include "core/balance/balancer.h"
#include "core/outcome.h"
#include "core/snapshot.h"

namespace fairlead::core {

// One worker's seat at one backend. Owned by the Pool, held by leases.
struct Seat {
  std::shared_ptr<Backend> backend;
  BackendTally* tally = nullptr;
  PoolTally* pool = nullptr;
  uint32_t leases = 0;          // of this worker
  uint32_t notices = 0;         // failed connects told since the last success or update
  uint64_t seen = 0;            // the update that it last was a member in
  uint32_t error_limit = 0;     // consecutive errors that the controller must hear of; 0: none
  Meter meter = Meter::none;    // how its response times are kept
  uint32_t limit = 0;           // leases at once, over all workers; 0: none
  bool adaptive = false;        // the limit is the backend's own
  bool keeps = false;           // clients that are kept at it go there still
  WaitingLine* line = nullptr;  // who is to be called when one ends; null: there is no limit
};

// One that serves and is left out of the choice: for exchanges that all of the choice failed.
struct Spare {
  Seat* seat = nullptr;
  uint32_t rank = 0;  // the lower ones first: the tier, backups behind all of them
};

// Why there is no lease.
enum class Refusal : uint8_t {
  none_eligible,
  full,  // all that could be taken are at the pool's max_connections, or others wait already
};

// What whoever reports must tell the controller.
enum class Notice : uint8_t {
  nothing,
  trouble,         // a failed connect
  trouble_in_row,  // consecutive_errors was reached; it may be a failed connect as well
};

// The right to use one backend once. Raises its active count, and lowers it when destroyed.
// Legal order of calls: backend()* works()? ((report | overtaken) backend()*)? Dropped without a
// report: cancelled.
class Lease {
 public:
  Lease(Lease&& other) noexcept
      : seat_(std::exchange(other.seat_, nullptr)),
        began_(other.began_),
        reported_(other.reported_),
        works_(other.works_) {}
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { release(); }

  const Backend& backend() const { return *seat_->backend; }

  // Says ahead of the report that the backend does its part: for what lasts, a connection or a
  // tunnel, whose end may be hours away.
  void works();

  // Counts what became of it, exactly once. A failed connect is passed on to the controller at most
  // kMostNotices times in a row for each backend and update. Cost: about 6 ns.
  Notice report(const Outcome& outcome, Instant now);
  // Instead: another backend was quicker with the same request. Nobody's failure; that it took so
  // long already is counted with the response times.
  void overtaken(Instant now);

 private:
  friend class Pool;
  // Nothing: the backend is at its limit.
  static std::optional<Lease> take(Seat& seat, Instant now);
  Lease(Seat& seat, Instant now) : seat_(&seat), began_(now) {}
  void release();
  void count_failure(Code code, Side side);
  void count_well();
  // Whether it makes the number in a row that the controller must hear of: once for each row.
  bool count_error();
  Notice notice_of(const Outcome& outcome, bool in_row);
  void note_response(const Outcome& outcome, Instant now);
  void note_limit(const Outcome& outcome, Instant now);
  void note_limit(Duration took, Instant now);

  Seat* seat_;
  Instant began_;
  bool reported_ = false;
  bool works_ = false;
};

using Pick = std::expected<Lease, Refusal>;

class Pool {
 public:
  // `worker`: which of the workers this is, from 0.
  explicit Pool(uint32_t worker) : worker_(worker) {}
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Obeys a newer snapshot of the same pool from the next pick on; leases that are out stay valid.
  // The balancer keeps its turn when the candidates have not changed.
  void update(std::shared_ptr<const PoolSnapshot> snapshot);

  // A lease on an eligible backend that was not tried and has room; if only avoided ones are left,
  // on one of those; where all were tried, on one that serves and is only left out for another
  // tier, zone or the like. A pick with something tried counts as a retry. Nobody overtakes those
  // who wait in line, but retries, which have waited already. Before all that, the one that the key
  // is kept at, if it may keep clients, was not tried and has room. REQUIRES: update() was called.
  // Cost: that of the balancer and one atomic increment; more where backends are at their limit.
  Pick pick(const Key& key, const Tried& tried, Random& random, Instant now);
  // The same for the one whose turn it is in the line.
  Pick pick_in_turn(const Key& key, const Tried& tried, Random& random, Instant now);
  // Where to wait for room.
  WaitingLine& line() { return snapshot_->series->line; }

  // Leave for one retry more, where `budget` (RetryConfig::budget) allows it beside the work that
  // runs at the candidates now; empty, and counted, where it does not. `held`: the leave of a retry
  // of the same request that is over, which then serves for this one. Cost: linear in the
  // candidates.
  RetryLeave leave_to_retry(uint32_t budget, RetryLeave held);

  // Of the last update.
  const PoolConfig& config() const { return *snapshot_->config; }
  const PoolSnapshot& snapshot() const { return *snapshot_; }
  PoolTally& tally() { return *tally_; }

  // Whether any lease is out.
  bool in_use() const;

 private:
  void seat_members();
  void set_candidates();
  void set_limits();
  void set_spares();
  std::optional<uint32_t> choose(const Key& key, const Tried& tried, Random& random, Instant now);
  std::optional<Lease> take(Seat& seat, const Tried& tried, Instant now);
  std::optional<Lease> take_kept(uint32_t backend, const Tried& tried, Instant now);
  std::optional<Lease> take_spare(const Tried& tried, Random& random, Instant now);
  bool has_spare(const Tried& tried) const;
  std::optional<Lease> take_with_room(uint32_t first, const Key& key, const Tried& tried,
                                      Random& random, Instant now);

  uint32_t worker_;
  uint64_t updates_ = 0;
  std::shared_ptr<const PoolSnapshot> snapshot_;
  PoolTally* tally_ = nullptr;
  std::unordered_map<uint32_t, std::unique_ptr<Seat>> seats_;  // by backend id
  BalanceConfig balance_;
  std::unique_ptr<Balancer> balancer_;
  std::vector<Candidate> candidates_;
  std::shared_ptr<const Plan> plan_;
  std::vector<Seat*> chairs_;           // the seat of each candidate
  std::vector<Spare> spares_;           // by rank
  std::vector<const LiveLoad*> loads_;  // the load of each candidate
};

}  // namespace fairlead::core
