#include "core/simulate/run.h"

#include <cmath>
#include <utility>

namespace fairlead::core {
namespace {

// How long it takes to be told that a connection is refused: a round trip in a data centre.
constexpr Duration kRefusalTime = 500us;
// What a client that got 503 waits before it comes again: what Retry-After says.
constexpr Duration kRetryAfter = 1s;

Error refused() { return {Code::refused, Side::upstream, Again::yes, ""}; }
Error reset() { return {Code::reset, Side::upstream, Again::if_reused, ""}; }

}  // namespace

Run::Run(const Scenario& scenario)
    : scenario_(scenario),
      pool_(scenario.pool),
      arrivals_(scenario),
      choices_(scenario.seed + 1),
      services_(scenario.seed + 2),
      upset_done_(scenario.upsets.empty()) {
  for (const BackendConfig& backend : scenario.pool.backends) add_station(backend);
}

std::vector<Stretch> Run::run() {
  incoming_ = arrivals_.next();
  while (incoming_ || !events_.empty()) step();
  stretches_.push_back(close_stretch());
  return std::move(stretches_);
}

void Run::step() {
  if (!upset_done_ &&
      static_cast<double>(begun_) >= scenario_.upset_at * static_cast<double>(scenario_.requests))
    upset();
  const bool arrival_first = incoming_ && (events_.empty() || incoming_->at <= events_.next().at);
  if (!arrival_first) return happen(events_.take());
  const Incoming incoming = *incoming_;
  now_ = incoming.at;
  incoming_ = arrivals_.next();
  arrive(incoming);
}

// A row of the table that nobody uses.
uint32_t Run::new_job() {
  if (free_jobs_.empty()) {
    jobs_.emplace_back();
    return static_cast<uint32_t>(jobs_.size() - 1);
  }
  const uint32_t index = free_jobs_.back();
  free_jobs_.pop_back();
  return index;
}

void Run::arrive(const Incoming& incoming) {
  const uint32_t index = new_job();
  ++begun_;
  Job& job = jobs_[index];
  job.arrived = now_;
  job.key = incoming.key;
  job.client = incoming.client;
  job.demand = to_seconds(scenario_.service.draw(services_)) / to_seconds(scenario_.service.mean);
  send(index);
}

// A client of a closed run asks again: as an event of a job that has no lease.
void Run::follow_up(uint32_t client, Instant at) {
  if (begun_ >= scenario_.requests) return;
  const uint32_t index = new_job();
  jobs_[index].client = client;
  events_.put(at, index, jobs_[index].stamp);
}

void Run::send(uint32_t index) {
  Job& job = jobs_[index];
  const Tried none;
  const Tried& tried = job.attempt ? job.attempt->tried() : none;
  job.lease = pool_.pick(job.key, tried, choices_, now_);
  if (!job.lease) return end(index, false);
  job.sent = now_;
  job.station = station_of_id_[job.lease->backend().id()];
  Station& station = stations_[job.station];
  if (station.is_dead()) {
    events_.put(now_ + kRefusalTime, index, job.stamp);
    return;
  }
  if (station.arrive(index, now_)) start_service(index);
}

void Run::start_service(uint32_t index) {
  const Job& job = jobs_[index];
  const double span = job.demand * stations_[job.station].slowness() *
                      static_cast<double>(scenario_.service.mean.count());
  events_.put(now_ + Duration(std::llround(span)), index, job.stamp);
}

void Run::happen(const Event& event) {
  if (jobs_[event.job].stamp != event.stamp) return;
  now_ = event.at;
  if (!jobs_[event.job].lease) {
    const uint32_t client = jobs_[event.job].client;
    free_jobs_.push_back(event.job);
    if (begun_ < scenario_.requests) arrive({now_, arrivals_.key_of(client), client});
    return;
  }
  if (stations_[jobs_[event.job].station].is_dead()) return fail(event.job, refused());
  succeed(event.job);
}

void Run::succeed(uint32_t index) {
  Job& job = jobs_[index];
  const Outcome outcome = Outcome::success(200, now_ - job.sent);
  pool_.report(std::move(*job.lease), outcome, now_);
  stations_[job.station].finish(now_, [&](uint32_t next) { start_service(next); });
  end(index, true);
}

void Run::fail(uint32_t index, const Error& error) {
  Job& job = jobs_[index];
  const uint32_t backend = job.lease->backend().id();
  const Outcome outcome = Outcome::failure(error);
  const Notice notice = pool_.report(std::move(*job.lease), outcome, now_);
  job.lease.reset();
  if (notice != Notice::nothing) pool_.lose(backend);
  if (!job.attempt) job.attempt = std::make_unique<Attempts>(retry_, job.key, true);
  if (job.attempt->decide(outcome, backend, true) == Next::done) return end(index, false);
  ++stretch_.retries;
  send(index);
}

void Run::end(uint32_t index, bool well) {
  Job& job = jobs_[index];
  ++stretch_.requests;
  if (well)
    stretch_.latency.add(now_ - job.arrived);
  else
    ++stretch_.failed;
  job.lease.reset();
  job.attempt.reset();
  ++job.stamp;
  free_jobs_.push_back(index);
  if (scenario_.closed) follow_up(job.client, well ? now_ : now_ + kRetryAfter);
}

// ---- what happens to backends ---------------------------------------------------------

void Run::upset() {
  upset_done_ = true;
  if (begun_ > 0) stretches_.push_back(close_stretch());
  pool_.change(pool_after(scenario_));
  for (const Upset& each : scenario_.upsets) apply(each);
}

void Run::apply(const Upset& upset) {
  switch (upset.kind) {
    case Upset::Kind::slow: return stations_[station_of(upset.backend)].slow_down(upset.factor);
    case Upset::Kind::kill: return kill(station_of(upset.backend));
    case Upset::Kind::remove:  // it finishes what it has, and no share is meant for it
      backends_[station_of(upset.backend)].weight = 0;
      return;
    case Upset::Kind::add: {
      BackendConfig backend;
      backend.address = upset.backend;
      backend.weight = static_cast<uint32_t>(upset.factor);
      return add_station(backend);
    }
  }
}

void Run::kill(uint32_t station) {
  stations_[station].die(now_);
  for (uint32_t i = 0; i < jobs_.size(); ++i) {
    if (!jobs_[i].lease || jobs_[i].station != station) continue;
    ++jobs_[i].stamp;
    fail(i, reset());
  }
}

void Run::add_station(const BackendConfig& backend) {
  const uint32_t id = pool_.id_of(backend.address);
  if (station_of_id_.size() <= id) station_of_id_.resize(id + 1);
  station_of_id_[id] = static_cast<uint32_t>(stations_.size());
  const uint32_t servers = servers_of(scenario_, backend.weight);
  stations_.emplace_back(servers);
  backends_.push_back({backend.address.text(), backend.weight, servers, {}});
}

uint32_t Run::station_of(const Address& address) { return station_of_id_[pool_.id_of(address)]; }

Stretch Run::close_stretch() {
  Stretch closed = std::exchange(stretch_, {});
  closed.length = now_ - stretch_began_;
  stretch_began_ = now_;
  closed.backends = backends_;
  for (size_t i = 0; i < stations_.size(); ++i) closed.backends[i].load = stations_[i].read(now_);
  return closed;
}

}  // namespace fairlead::core
