#include "core/pool.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace fairlead::core {
namespace {

// Enough for any threshold of failures; beyond it the controller knows.
constexpr uint32_t kMostNotices = 100;

// Where there is a limit, it is ordered with the line: who leaves sees who waits, or who waits sees
// that there is room.
bool add_within(std::atomic<uint32_t>& active, uint32_t limit) {
  if (limit == 0) {
    active.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  uint32_t now = active.load(std::memory_order_seq_cst);
  while (now < limit) {
    if (active.compare_exchange_weak(now, now + 1, std::memory_order_seq_cst)) return true;
  }
  return false;
}

bool is_spare(const Member& member) {
  const bool left_out = member.use == Use::backup || member.use == Use::tier ||
                        member.use == Use::zone || member.use == Use::subset;
  return left_out && serves(member.state);
}

}  // namespace

std::optional<Lease> Lease::take(Seat& seat, Instant now) {
  LiveLoad& load = seat.backend->load_;
  const uint32_t limit = seat.adaptive ? seat.backend->adaptive_limit() : seat.limit;
  if (!add_within(load.active, limit)) return {};
  ++seat.leases;
  if (seat.meter != Meter::none) load.response.ask(now);
  return Lease(seat, now);
}

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    release();
    seat_ = std::exchange(other.seat_, nullptr);
    began_ = other.began_;
    reported_ = other.reported_;
    works_ = other.works_;
  }
  return *this;
}

void Lease::release() {
  if (seat_ == nullptr) return;
  if (!reported_) seat_->tally->errors.add(Code::cancelled);
  seat_->backend->load_.active.fetch_sub(1, std::memory_order_seq_cst);
  --seat_->leases;
  if (seat_->line != nullptr) seat_->line->call_first();
  seat_ = nullptr;
}

void Lease::works() {
  CHECK(!reported_);
  if (!std::exchange(works_, true)) count_well();
}

// The answer's time counts, whatever became of its body. A failure counts with the time until it
// showed, and only where that is long: see core/balance/response_time.
void Lease::note_response(const Outcome& outcome, Instant now) {
  ResponseTime& response = seat_->backend->load_.response;
  const bool measured = outcome.latency > Duration::zero();
  const bool good = !outcome.failed && outcome.status < 500;
  if (measured && good) return response.add(seat_->meter, outcome.latency, now);
  if (outcome.failed && outcome.side != Side::upstream) return;
  response.add_failure(seat_->meter, measured ? outcome.latency : now - began_, now);
}

// Answers, and the wait for one that never came. How soon a backend fails shows nothing.
void Lease::note_limit(const Outcome& outcome, Instant now) {
  const bool too_slow = outcome.failed == Code::timeout && outcome.side == Side::upstream;
  if (!too_slow && is_error_status(outcome.status)) return;
  note_limit(too_slow ? now - began_ : outcome.latency, now);
}

void Lease::note_limit(Duration took, Instant now) {
  if (took <= Duration::zero()) return;
  Backend& backend = *seat_->backend;
  if (backend.adaptive_.add(took, backend.active(), now)) seat_->line->call_first();
}

Notice Lease::report(const Outcome& outcome, Instant now) {
  CHECK(!reported_);
  reported_ = true;
  if (seat_->meter != Meter::none) note_response(outcome, now);
  if (seat_->adaptive) note_limit(outcome, now);
  BackendTally& tally = *seat_->tally;
  if (!outcome.failed || outcome.status != 0) tally.requests.add(outcome.status);
  if (outcome.latency > Duration::zero()) tally.latency.add(outcome.latency);
  const Judgement judgement = judge(outcome);
  if (judgement == Judgement::well && !works_) count_well();
  const bool in_row = judgement == Judgement::error && count_error();
  if (outcome.failed) count_failure(*outcome.failed, outcome.side);
  return notice_of(outcome, in_row);
}

void Lease::overtaken(Instant now) {
  CHECK(!reported_);
  reported_ = true;
  seat_->tally->overtaken.add();
  if (seat_->meter != Meter::none)
    seat_->backend->load_.response.add_failure(seat_->meter, now - began_, now);
  if (seat_->adaptive) note_limit(now - began_, now);
}

void Lease::count_well() {
  seat_->tally->judged.add();
  seat_->backend->streak_.end();
}

bool Lease::count_error() {
  seat_->tally->judged.add();
  seat_->tally->faults.add();
  const uint32_t length = seat_->backend->streak_.add();
  return length == seat_->error_limit;
}

Notice Lease::notice_of(const Outcome& outcome, bool in_row) {
  if (!outcome.failed) seat_->notices = 0;
  if (in_row) return Notice::trouble_in_row;
  if (!is_connect_failure(outcome) || seat_->notices == kMostNotices) return Notice::nothing;
  ++seat_->notices;
  return Notice::trouble;
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
  set_spares();
  // Last, for the candidates pointed at them until now.
  std::erase_if(seats_, [&](const auto& entry) {
    return entry.second->seen != updates_ && entry.second->leases == 0;
  });
  set_limits();
}

void Pool::set_limits() {
  const uint32_t limit = config().max_connections;
  for (auto& [id, seat] : seats_) {
    seat->limit = limit;
    seat->adaptive = limit == PoolConfig::kAdaptive;
    seat->line = limit > 0 ? &line() : nullptr;
  }
  line().call_first();
}

void Pool::seat_members() {
  for (const Member& member : snapshot_->members) {
    const bool keeps = config().sticky.on() && may_keep(member);
    if (!member.eligible && !is_spare(member) && !keeps) continue;
    auto& seat = seats_[member.backend->id()];
    if (seat == nullptr) seat = std::make_unique<Seat>(Seat{.backend = member.backend});
    seat->seen = updates_;
    seat->keeps = keeps;
    seat->notices = 0;
    seat->error_limit = config().passive.on ? config().passive.consecutive_errors : 0;
  }
}

void Pool::set_spares() {
  spares_.clear();
  for (const Member& member : snapshot_->members) {
    if (!is_spare(member)) continue;
    Seat* seat = seats_.find(member.backend->id())->second.get();
    spares_.push_back({seat, member.backup ? UINT32_MAX : member.priority});
  }
  std::ranges::sort(spares_, {}, &Spare::rank);
}

void Pool::set_candidates() {
  chairs_.clear();
  loads_.clear();
  for (const uint32_t place : snapshot_->places) {
    const Backend& backend = *snapshot_->members[place].backend;
    chairs_.push_back(seats_.find(backend.id())->second.get());
    loads_.push_back(&backend.load());
  }
  const BalanceConfig& balance = config().balance;
  const bool fresh = balancer_ == nullptr || balance != balance_;
  if (fresh) {
    balance_ = balance;
    balancer_ = make_balancer(balance, worker_);
    CHECK(balancer_ != nullptr);
  }
  for (Seat* seat : chairs_) seat->meter = balancer_->meter();
  if (!fresh && snapshot_->candidates == candidates_ && snapshot_->plan == plan_) return;
  candidates_ = snapshot_->candidates;
  plan_ = snapshot_->plan;
  balancer_->update(candidates_, plan_);
}

Pick Pool::pick(const Key& key, const Tried& tried, Random& random, Instant now) {
  if (config().max_connections > 0 && tried.empty() && line().waiting() > 0)
    return std::unexpected(Refusal::full);
  return pick_in_turn(key, tried, random, now);
}

Pick Pool::pick_in_turn(const Key& key, const Tried& tried, Random& random, Instant now) {
  if (key.kept_at != 0) {
    if (auto lease = take_kept(key.kept_at, tried, now)) return std::move(*lease);
  }
  const auto index = choose(key, tried, random, now);
  if (!index) {
    if (auto lease = take_spare(tried, random, now)) return std::move(*lease);
    if (has_spare(tried)) return std::unexpected(Refusal::full);
    if (tried.empty()) tally_->rejected.add();  // else a backend was there, for an earlier attempt
    return std::unexpected(Refusal::none_eligible);
  }
  auto lease = take(*chairs_[*index], tried, now);
  if (!lease) lease = take_with_room(*index, key, tried, random, now);
  if (!lease) return std::unexpected(Refusal::full);
  return std::move(*lease);
}

std::optional<uint32_t> Pool::choose(const Key& key, const Tried& tried, Random& random,
                                     Instant now) {
  const Load load(loads_, now);
  auto index = balancer_->pick(key, load, tried, random);
  if (!index && tried.has_avoided())
    index = balancer_->pick(key, load, tried.excluded_only(), random);
  return index;
}

std::optional<Lease> Pool::take(Seat& seat, const Tried& tried, Instant now) {
  if (seat.tally == nullptr) seat.tally = &seat.backend->tally().of(worker_);
  seat.pool = tally_;
  auto lease = Lease::take(seat, now);
  if (lease && !tried.empty()) {
    tally_->retries.add();
    seat.tally->retries.add();
  }
  return lease;
}

std::optional<Lease> Pool::take_kept(uint32_t backend, const Tried& tried, Instant now) {
  const auto found = seats_.find(backend);
  if (found == seats_.end()) return {};
  Seat& seat = *found->second;
  // A seat that outlives its membership has leases, and is no place to go.
  if (!seat.keeps || seat.seen != updates_ || tried.contains(backend)) return {};
  return take(seat, tried, now);
}

// Whom the algorithm chose first is at its limit: its next choices, as far as they can be
// remembered, then whoever has room.
std::optional<Lease> Pool::take_with_room(uint32_t first, const Key& key, const Tried& tried,
                                          Random& random, Instant now) {
  Tried passed = tried;
  for (std::optional<uint32_t> index = first; index; index = choose(key, passed, random, now)) {
    if (auto lease = take(*chairs_[*index], tried, now)) return lease;
    if (passed.size() + 1 == Tried::kMost) break;
    passed.exclude(candidates_[*index].id);
  }
  const auto count = static_cast<uint32_t>(chairs_.size());
  const uint32_t start = random.below(count);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t index = (start + i) % count;
    const Candidate& candidate = candidates_[index];
    if (candidate.weight == 0 || tried.contains(candidate.id)) continue;
    if (auto lease = take(*chairs_[index], tried, now)) return lease;
  }
  return {};
}

bool Pool::has_spare(const Tried& tried) const {
  return !tried.empty() && std::ranges::any_of(spares_, [&](const Spare& spare) {
    return !tried.contains(spare.seat->backend->id());
  });
}

std::optional<Lease> Pool::take_spare(const Tried& tried, Random& random, Instant now) {
  if (tried.empty()) return {};
  for (auto from = spares_.begin(); from != spares_.end();) {
    const auto to = std::find_if(from, spares_.end(),
                                 [&](const Spare& spare) { return spare.rank != from->rank; });
    const auto count = static_cast<uint32_t>(to - from);
    const uint32_t start = random.below(count);
    for (uint32_t i = 0; i < count; ++i) {
      Seat& seat = *from[(start + i) % count].seat;
      if (tried.contains(seat.backend->id())) continue;
      if (auto lease = take(seat, tried, now)) return lease;
    }
    from = to;
  }
  return {};
}

RetryLeave Pool::leave_to_retry(uint32_t budget, RetryLeave held) {
  uint64_t live = 0;
  for (const LiveLoad* load : loads_) live += load->active.load(std::memory_order_relaxed);
  RetryLeave leave(snapshot_->series->retries, most_retries(budget, live), std::move(held));
  if (!leave) tally_->unbudgeted.add();
  return leave;
}

bool Pool::in_use() const {
  for (const auto& entry : seats_) {
    if (entry.second->leases > 0) return true;
  }
  return false;
}

}  // namespace fairlead::core
