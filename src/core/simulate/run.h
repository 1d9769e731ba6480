// Run: one simulation while it goes on: arrivals, jobs, stations and the clock between them.
//
//   arrival -> pick -> station (line, service) -> report -> done, or Attempts: picked again
//
// A job is a request from its arrival to its end; jobs stand in a table and are used again.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/retry.h"
#include "core/simulate/arrivals.h"
#include "core/simulate/event_queue.h"
#include "core/simulate/sim_pool.h"
#include "core/simulate/simulation.h"

namespace fairlead::core {

class Run {
 public:
  explicit Run(const Scenario& scenario);
  // To the end of the last request. Once.
  std::vector<Stretch> run();

 private:
  struct Job {
    Instant arrived;
    Instant sent;  // the attempt
    Key key;
    uint32_t client = 0;
    uint32_t stamp = 0;    // raised whenever a pending event of this job becomes stale
    uint32_t station = 0;  // where it is now
    double demand = 1;     // its service time as a multiple of a mean one
    std::optional<Lease> lease;
    std::unique_ptr<Attempts> attempt;  // made at the first failure
  };

  void step();
  uint32_t new_job();
  void arrive(const Incoming& incoming);
  void follow_up(uint32_t client, Instant at);
  void send(uint32_t index);
  void start_service(uint32_t index);
  void happen(const Event& event);
  void succeed(uint32_t index);
  void fail(uint32_t index, const Error& error);
  void end(uint32_t index, bool well);
  void upset();
  void apply(const Upset& upset);
  void kill(uint32_t station);
  void add_station(const BackendConfig& backend);
  uint32_t station_of(const Address& address);
  Stretch close_stretch();

  const Scenario& scenario_;
  SimPool pool_;
  Arrivals arrivals_;
  Random choices_;   // what the pool's picks draw from
  Random services_;  // what service times are drawn from
  RetryConfig retry_;
  Instant now_{};
  Instant stretch_began_{};
  std::optional<Incoming> incoming_;
  EventQueue events_;
  std::vector<Job> jobs_;
  std::vector<uint32_t> free_jobs_;
  std::vector<Station> stations_;
  std::vector<SimulatedBackend> backends_;  // of each station
  std::vector<uint32_t> station_of_id_;     // by the backend's id
  uint64_t begun_ = 0;
  bool upset_done_;
  Stretch stretch_;
  std::vector<Stretch> stretches_;
};

}  // namespace fairlead::core
