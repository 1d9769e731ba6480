#include "control/prober.h"

#include <algorithm>
#include <utility>

#include "control/probe/probe.h"

namespace fairlead::control {
namespace {

core::HealthEvent event_of(ProbeResult result) {
  switch (result.verdict) {
    case Verdict::passed: return core::ProbePassed{core::State::healthy, std::move(result.words)};
    case Verdict::degraded:
      return core::ProbePassed{core::State::degraded, std::move(result.words)};
    case Verdict::draining:
      return core::ProbePassed{core::State::draining, std::move(result.words)};
    default: return core::ProbeFailed{std::move(result.words)};
  }
}

}  // namespace

// One backend's. The task comes last: it dies before what it uses.
struct Prober::Watch {
  Watch(net::Network& network, uint32_t the_id, HealthEntry& the_entry)
      : id(the_id),
        entry(the_entry),
        probe(make_probe(the_entry.probe)),
        due(network.now()),
        alarm(network.wheel()) {}

  uint32_t id;
  HealthEntry& entry;
  std::unique_ptr<Probe> probe;
  Result<std::shared_ptr<net::TlsClient>> tls = nullptr;
  Instant due;  // of the next probe
  net::Alarm alarm;
  net::Event poked;
  net::Scope scope;
};

Prober::Prober(net::Network& network, uint64_t seed, Tell tell)
    : network_(network),
      random_(seed),
      tell_(std::move(tell)),
      slots_(network.ready(), kInFlight),
      tls_(network) {}

Prober::~Prober() = default;

void Prober::watch(uint32_t id, HealthEntry& entry) {
  watches_.erase(id);
  Watch& made = *(watches_[id] = std::make_unique<Watch>(network_, id, entry));
  if (entry.probe.tls && made.probe) made.tls = tls_.client_for(*entry.probe.tls);
  made.scope.spawn(run(made));
}

void Prober::poke(uint32_t id) {
  const auto found = watches_.find(id);
  if (found != watches_.end()) found->second->poked.set(network_.ready());
}

void Prober::drop_others(const std::set<uint32_t>& ids) {
  std::erase_if(watches_, [&](const auto& watch) { return !ids.contains(watch.first); });
}

net::Task<void> Prober::run(Watch& watch) {
  const core::Health& health = watch.entry.health;
  // Before the loop turns, its clock stands still: a timeout would begin in the past.
  co_await net::yield(network_.ready());
  while (true) {
    const Instant now = network_.now();
    const bool probes = watch.probe && health.wants_probes();
    if (health.wake() <= now) {
      tell_(watch.id, core::Woke{});
    } else if (probes && watch.due <= now) {
      co_await probe(watch);
      watch.due = health.next_probe(network_.now(), random_);
    } else {
      const Instant next = std::min(probes ? watch.due : kNever, health.wake());
      if (co_await net::wait_for(watch.alarm, next, watch.poked) == net::Woke::deadline) continue;
      watch.poked.clear();
      // Never later than it was due: a backend that is poked all the time is probed all the same.
      // One that was not probed until now is asked at once how it is.
      watch.due = probes ? std::min(watch.due, health.next_probe(network_.now(), random_))
                         : network_.now();
    }
  }
}

net::Task<void> Prober::probe(Watch& watch) {
  const ProbeSlots::Hold slot = co_await slots_.take();
  const Instant began = network_.now();
  const Address address = probed_address(watch.entry.backend->address(), watch.entry.probe);
  const Instant deadline = saturating_add(began, watch.entry.probe.timeout);
  ProbeResult result = watch.tls ? co_await watch.probe->run(
                                       network_, Asked{address, *watch.tls}, deadline)
                                 : result_of(watch.tls.error());
  watch.entry.last_check = Check{result, network_.wall_now(), network_.now() - began};
  if (result.verdict == Verdict::unknown) co_return;
  ++watch.entry.checks[static_cast<size_t>(result.verdict)];
  tell_(watch.id, event_of(std::move(result)));
}

}  // namespace fairlead::control
