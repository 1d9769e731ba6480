#include "sim/running_proxy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "core/config/load.h"
#include "core/totals.h"

namespace fairlead::sim {

// ---- one worker thread ----------------------------------------------------------------

RunningProxy::Thread::Thread(RunningProxy& owner, net::SimWorld& world, const Ip& host,
                             uint32_t index)
    : proxy(owner),
      network(world, host),
      lines(owner.log_lines_),
      own_log(lines, [this] { return network.wall_now(); }),
      worker(std::make_unique<proxy::Worker>(network, index, world.random().next(), *this)) {}

bool RunningProxy::Thread::log_access(std::string_view line) {
  constexpr std::string_view kName = "\"attempts\":";
  const size_t at = line.find(kName);
  if (at != line.npos)
    proxy.attempts_ +=
        std::strtoull(std::string(line.substr(at + kName.size(), 12)).c_str(), nullptr, 10);
  proxy.log_lines_.emplace_back(line);
  return true;
}

void RunningProxy::Thread::tell(const core::Trouble& trouble) {
  proxy.control_network_.post([owner = &proxy, trouble] { owner->controller_->hear(trouble); });
}

void RunningProxy::Thread::obey(const std::shared_ptr<const core::Snapshot>& snapshot) {
  std::set<Address> wanted;
  std::vector<proxy::OpenDoor> fresh;
  for (const auto& listener : snapshot->listeners) {
    for (const Address& address : listener->config->bind) {
      wanted.insert(address);
      if (doors.contains(address)) continue;
      auto acceptor = network.listen(address);
      if (acceptor)
        fresh.push_back({address, std::move(*acceptor)});
      else
        proxy.ledger_.violated(acceptor.error().detail);
    }
  }
  doors = std::move(wanted);
  worker->obey(snapshot, std::move(fresh));
}

// ---- the process ----------------------------------------------------------------------

RunningProxy::RunningProxy(net::SimWorld& world, const Ip& host, uint32_t workers, Ledger& ledger)
    : world_(world),
      ledger_(ledger),
      control_network_(world, host),
      control_lines_(log_lines_),
      control_log_(control_lines_, [this] { return control_network_.wall_now(); }) {
  for (uint32_t i = 0; i < workers; ++i)
    threads_.push_back(std::make_unique<Thread>(*this, world, host, i));
  controller_ = std::make_unique<control::Controller>(control::Controller::Parts{
      control_network_, control_log_, workers, world.random().next(),
      [this](std::shared_ptr<const core::Snapshot> snapshot) { publish(snapshot); },
      [this](uint32_t backend) {
        for (auto& thread : threads_) {
          thread->network.post(
              [one = thread.get(), backend] { one->worker->cut_backend(backend); });
        }
      },
      [this](const std::shared_ptr<core::Backend>& backend) {
        for (auto& thread : threads_) {
          thread->network.post([one = thread.get(), backend] { one->worker->survey(*backend); });
        }
      }});
}

RunningProxy::~RunningProxy() {
  for (auto& thread : threads_) thread->worker.reset();
}

void RunningProxy::configure(const std::string& yaml) {
  const core::Outside outside{
      .read = [&](std::string_view) -> std::expected<std::string, std::string> { return yaml; },
      .list = {},
      .environment = {}};
  core::LoadResult loaded = core::load("fairlead.yaml", outside);
  if (!loaded.config)
    return ledger_.violated("the configuration is wrong: " + core::render(loaded.problems));
  auto config = std::make_shared<const core::Config>(std::move(*loaded.config));
  control_network_.post([this, config] {
    if (controller_->snapshot())
      controller_->apply(config);
    else
      controller_->start(config);
  });
}

void RunningProxy::publish(const std::shared_ptr<const core::Snapshot>& snapshot) {
  remember(*snapshot);
  published_.emplace_back(world_.now(), snapshot);
  for (auto& thread : threads_) {
    thread->network.post([one = thread.get(), snapshot] { one->obey(snapshot); });
  }
}

void RunningProxy::remember(const core::Snapshot& snapshot) {
  for (const auto& pool : snapshot.pools) {
    pools_.insert(pool->series);
    for (const core::Member& member : pool->members)
      backends_[member.backend->id()] = member.backend;
  }
  for (const auto& listener : snapshot.listeners) {
    if (std::ranges::find(listeners_, listener->series) == listeners_.end())
      listeners_.push_back(listener->series);
  }
}

void RunningProxy::drain() {
  control_network_.post([this] { controller_->begin_drain(); });
  for (auto& thread : threads_) {
    thread->network.post(
        [this, one = thread.get()] { one->worker->drain([this] { ++drained_; }); });
  }
}

void RunningProxy::cut() {
  for (auto& thread : threads_) thread->worker->cut();
}

size_t RunningProxy::connections() const {
  size_t count = 0;
  for (const auto& thread : threads_) count += thread->worker->connections();
  return count;
}

// ---- what must hold -------------------------------------------------------------------

uint64_t RunningProxy::outcomes() const {
  uint64_t count = 0;
  for (const auto& [id, backend] : backends_) {
    const core::BackendTotals totals = core::totals_of(backend->tally());
    for (const auto& [code, requests] : totals.requests) count += requests;
    for (const uint64_t errors : totals.errors) count += errors;
    count += totals.overtaken;
  }
  for (const auto& pool : pools_) {
    for (const uint64_t errors : core::totals_of(pool->tally).errors) count += errors;
  }
  return count;
}

void RunningProxy::check_at_rest() {
  for (const auto& [id, backend] : backends_) {
    if (backend->active() != 0)
      ledger_.violated(fmt::format("{} leases on {} are left", backend->active(), backend->text()));
  }
  for (const auto& pool : published_.back().second->pools) {
    if (const uint32_t retries = pool->series->retries.in_flight(); retries != 0)
      ledger_.violated(fmt::format("{} retries of {} are left", retries, pool->config->name));
  }
  if (connections() != 0) ledger_.violated(fmt::format("{} connections are left", connections()));
  for (const auto& listener : listeners_) {
    const core::ListenerTotals totals = core::totals_of(listener->tally);
    if (totals.connections != 0)
      ledger_.violated(fmt::format("listener {} counts {} open connections", listener->listener,
                                   totals.connections));
  }
  // An attempt that got a status and then broke is a request and an error.
  const uint64_t counted = outcomes();
  if (counted < attempts_ || counted > 2 * attempts_) {
    ledger_.violated(fmt::format("{} attempts had {} outcomes", attempts_, counted));
  }
}

// In any snapshot that was in force between the two.
bool RunningProxy::was_eligible(const Address& backend, Instant from, Instant to) const {
  for (size_t i = 0; i < published_.size(); ++i) {
    if (published_[i].first > to) break;
    if (i + 1 < published_.size() && published_[i + 1].first < from) continue;
    for (const auto& pool : published_[i].second->pools) {
      for (const core::Member& member : pool->members) {
        if (member.eligible && member.backend->address() == backend) return true;
      }
    }
  }
  return false;
}

void RunningProxy::check_arrivals(Duration grace) {
  for (const Ledger::Arrival& arrival : ledger_.arrivals) {
    if (was_eligible(arrival.backend, arrival.when - grace, arrival.when)) continue;
    ledger_.violated(fmt::format("{} was sent to {}, which was not eligible", arrival.id,
                                 arrival.backend.text()));
  }
}

}  // namespace fairlead::sim
