#include "core/pool.h"

#include <utility>

#include "base/check.h"

namespace fairlead::core {
namespace {

// Enough for any threshold of failures; beyond it the controller knows.
constexpr uint32_t kMostNotices = 100;

}  // namespace

Lease::Lease(Seat* seat) : seat_(seat) {
  ++seat->leases;
  seat->backend->load_.active.fetch_add(1, std::memory_order_relaxed);
}

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    release();
    seat_ = std::exchange(other.seat_, nullptr);
    reported_ = other.reported_;
  }
  return *this;
}

void Lease::release() {
  if (seat_ == nullptr) return;
  if (!reported_) seat_->tally->errors.add(Code::cancelled);
  seat_->backend->load_.active.fetch_sub(1, std::memory_order_relaxed);
  --seat_->leases;
  seat_ = nullptr;
}

Notice Lease::report(const Outcome& outcome) {
  CHECK(!reported_);
  reported_ = true;
  BackendTally& tally = *seat_->tally;
  if (!outcome.failed || outcome.status != 0) tally.requests.add(outcome.status);
  if (outcome.latency > Duration::zero()) tally.latency.add(outcome.latency);
  if (!outcome.failed) {
    seat_->notices = 0;
    return Notice::nothing;
  }
  count_failure(*outcome.failed, outcome.side);
  if (!is_connect_failure(outcome) || seat_->notices == kMostNotices) return Notice::nothing;
  ++seat_->notices;
  return Notice::connect_failed;
}

// What the client did is not the backend's error: for it, the work was cancelled. What this machine
// could not do, for want of a descriptor say, is nobody's at all.
void Lease::count_failure(Code code, Side side) {
  if (side == Side::internal) return seat_->pool->errors.add(code);
  seat_->tally->errors.add(side == Side::upstream ? code : Code::cancelled);
}

Pool::~Pool() { CHECK(!in_use()); }

void Pool::update(std::shared_ptr<const PoolSnapshot> snapshot) {
  if (snapshot == snapshot_) return;
  snapshot_ = std::move(snapshot);
  tally_ = &snapshot_->series->tally.of(worker_);
  ++updates_;
  seat_members();
  set_candidates();
  // Last, for the candidates pointed at them until now.
  std::erase_if(seats_, [&](const auto& entry) {
    return entry.second->seen != updates_ && entry.second->leases == 0;
  });
}

void Pool::seat_members() {
  for (const Member& member : snapshot_->members) {
    if (!member.eligible) continue;
    auto& seat = seats_[member.backend->id()];
    if (seat == nullptr) seat = std::make_unique<Seat>(Seat{.backend = member.backend});
    seat->seen = updates_;
    seat->notices = 0;
  }
}

void Pool::set_candidates() {
  std::vector<Candidate> candidates;
  chairs_.clear();
  loads_.clear();
  for (const Member& member : snapshot_->members) {
    if (!member.eligible) continue;
    const Backend& backend = *member.backend;
    candidates.push_back({backend.id(), member.weight, backend.identity()});
    chairs_.push_back(seats_.find(backend.id())->second.get());
    loads_.push_back(&backend.load());
  }
  const BalanceConfig& balance = config().balance;
  if (balancer_ == nullptr || balance.algorithm != algorithm_) {
    algorithm_ = balance.algorithm;
    balancer_ = make_balancer(balance, worker_);
    CHECK(balancer_ != nullptr);
  } else if (candidates == candidates_) {
    return;
  }
  candidates_ = std::move(candidates);
  balancer_->update(candidates_);
}

std::optional<Lease> Pool::pick(const Key& key, const Tried& tried, Random& random) {
  const Load load(loads_);
  auto index = balancer_->pick(key, load, tried, random);
  if (!index && tried.has_avoided()) {
    index = balancer_->pick(key, load, tried.excluded_only(), random);
  }
  if (!index) {
    if (tried.empty()) tally_->rejected.add();  // else a backend was there, for an earlier attempt
    return {};
  }
  Seat& seat = *chairs_[*index];
  if (seat.tally == nullptr) seat.tally = &seat.backend->tally().of(worker_);
  seat.pool = tally_;
  if (!tried.empty()) {
    tally_->retries.add();
    seat.tally->retries.add();
  }
  return Lease(&seat);
}

bool Pool::in_use() const {
  for (const auto& entry : seats_) {
    if (entry.second->leases > 0) return true;
  }
  return false;
}

}  // namespace fairlead::core
