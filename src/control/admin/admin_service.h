// AdminService: answers everything that is asked of the admin address.
//
//   exchange -> guard (browsers of other sites) -> the call of this path and method -> answer
//
// One file for each call, listed in list.inc. Calls read the controller's state and answer at once:
// nothing here waits but for a client's bytes. Control thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "control/controller.h"
#include "core/config/problem.h"
#include "http/h1_connection.h"

namespace fairlead::control {

// What the calls need and the app knows. Every function may be empty: then its numbers are left
// out. All are called on the control thread.
struct AdminParts {
  Controller& controller;
  net::Network& network;  // the control thread's
  Log& log;
  std::string version;
  WallTime started;  // of the process
  Instant started_at;
  // Reads the file again and applies it: the generation that acts now, or what is wrong. Empty:
  // there is no file, and POST /api/v1/reload is answered with 409.
  std::function<std::expected<uint64_t, core::Problems>()> reload;
  // How long the last turn of each worker's loop took; index: the worker.
  std::function<std::vector<Duration>()> loop_lags;
  // While draining: since when the oldest work at any backend runs; kNever: none does. May be
  // empty.
  std::function<Instant()> oldest_work = {};
  // Lines of all logs that were lost, for whatever reason.
  std::function<uint64_t()> log_dropped;
  // Where a listener really listens, where the configuration says port 0.
  std::function<std::vector<Address>(std::string_view listener)> bound;
};

class AdminService final : public http::Service {
 public:
  explicit AdminService(AdminParts parts);

  http::ConnectionOptions options() const override;
  // Never: the admin address answers until the process ends, during a drain too.
  bool is_draining() const override { return false; }
  net::Task<void> serve(http::Exchange& exchange) override;
  void refused(http::Exchange& exchange, const Error& error) override;

 private:
  net::Task<http::Answer> answer(http::Exchange& exchange);

  AdminParts parts_;
  std::string host_name_;  // of the machine
};

}  // namespace fairlead::control
