#include "net/sim_world.h"

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "net/sim_network.h"

namespace fairlead::net {
namespace {

// Far enough from zero that a test may look back.
constexpr Instant kStart = Instant(1000s);
constexpr uint64_t kSpinning = 1'000'000;

}  // namespace

SimWorld::SimWorld(uint64_t seed, const FaultPlan& plan)
    : random_(seed), plan_(plan), now_(kStart), start_(kStart) {}

SimWorld::~SimWorld() { CHECK(networks_.empty()); }

WallTime SimWorld::wall_now() const {
  constexpr WallTime kWallStart = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
  return kWallStart + (now_ - start_);
}

const FaultPlan& SimWorld::plan_of(const Ip& host) const {
  const auto own = plans_.find(host);
  return own == plans_.end() ? plan_ : own->second;
}

void SimWorld::at(Instant time, std::function<void()> work) {
  due_.emplace(std::pair(std::max(time, now_), ++sequence_), std::move(work));
}

Duration SimWorld::draw_latency(const FaultPlan& plan) {
  const auto between = [this](Duration least, Duration most) {
    return least + Duration(static_cast<int64_t>(random_.unit() *
                                                 static_cast<double>((most - least).count())));
  };
  Duration latency = between(plan.latency_least, plan.latency_most);
  if (strikes(plan.delay)) latency += between(Duration::zero(), plan.longest_delay);
  return latency;
}

bool SimWorld::has_host(const Ip& ip) const {
  return std::ranges::any_of(networks_,
                             [&](const SimNetwork* network) { return network->host() == ip; });
}

void SimWorld::close(const Address& address, SimAcceptor& acceptor) {
  const auto found = listeners_.find(address);
  if (found == listeners_.end()) return;
  std::erase(found->second, &acceptor);
  if (found->second.empty()) listeners_.erase(found);
}

SimAcceptor* SimWorld::find(const Address& address) {
  const auto found = listeners_.find(address);
  if (found == listeners_.end()) return nullptr;
  auto& acceptors = found->second;
  if (acceptors.size() == 1) return acceptors.front();
  return acceptors[random_.below(static_cast<uint32_t>(acceptors.size()))];
}

const SimAcceptor* SimWorld::first_at(const Address& address) const {
  const auto found = listeners_.find(address);
  return found == listeners_.end() ? nullptr : found->second.front();
}

uint16_t SimWorld::next_port() {
  port_ = port_ == 65535 ? 49152 : static_cast<uint16_t>(port_ + 1);
  return port_;
}

bool SimWorld::run_round() {
  // A copy: networks may come and go while others turn.
  std::vector<SimNetwork*> round = networks_;
  std::erase_if(round, [](const SimNetwork* network) { return !network->has_work(); });
  if (round.empty()) return false;
  std::ranges::rotate(round, round.begin() + random_.below(static_cast<uint32_t>(round.size())));
  for (SimNetwork* network : round) {
    if (std::ranges::find(networks_, network) != networks_.end()) network->turn();
  }
  return true;
}

bool SimWorld::advance(Instant deadline) {
  Instant next = due_.empty() ? kNever : due_.begin()->first.first;
  for (const SimNetwork* network : networks_) next = std::min(next, network->next_alarm());
  if (next == kNever) return false;
  now_ = std::max(now_, std::min(next, deadline));
  while (!due_.empty() && due_.begin()->first.first <= now_) {
    const auto work = std::move(due_.extract(due_.begin()).mapped());
    work();
  }
  return true;
}

SimWorld::Ended SimWorld::run_until(const std::function<bool()>& finished, Instant deadline) {
  Instant seen = now_;
  uint64_t rounds = 0;
  while (!finished()) {
    if (run_round()) {
      if (now_ != seen) rounds = 0;
      seen = now_;
      if (++rounds > kSpinning) return Ended::spinning;
      continue;
    }
    if (now_ >= deadline) return Ended::late;
    if (!advance(deadline)) return Ended::idle;
  }
  return Ended::finished;
}

void SimWorld::run_for(Duration span) {
  const Instant deadline = now_ + span;
  const Ended ended = run_until([] { return false; }, deadline);
  CHECK(ended != Ended::spinning);
  now_ = deadline;
}

SimWorld::Ended SimWorld::run_until_idle(Instant deadline) {
  return run_until([] { return false; }, deadline);
}

}  // namespace fairlead::net
