// Instance: one running Fairlead. Owns the threads and everything on the control thread, and joins
// the rooms that may not see each other: what the controller publishes goes to the workers, what
// workers notice comes back.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/sockets.h"
#include "app/worker_thread.h"
#include "control/admin/admin_server.h"
#include "control/admin/admin_service.h"
#include "control/controller.h"
#include "control/notify.h"
#include "control/signals.h"
#include "core/config/load.h"
#include "net/kernel_network.h"
#include "net/log_queue.h"

namespace fairlead::app {

// Reads the configuration again, in place of the running one.
using LoadAgain = std::function<core::LoadResult(const core::Config& running)>;

class Instance {
 public:
  // `load_again`: empty where there is no file.
  Instance(core::Config config, LoadAgain load_again, control::Notify notify);
  ~Instance();

  // Opens logs, sockets and the admin address. Problems: why it cannot start. Once, before run().
  std::expected<void, core::Problems> start();
  // Serves until it is told to stop and everything has come to its end.
  void run();

 private:
  std::expected<void, core::Problems> open_logs();
  std::expected<void, core::Problems> open_admin();
  core::Problems cannot_open_admin(const Error& error) const;
  std::vector<Address> bound(std::string_view listener) const;
  void start_workers();
  void publish(std::shared_ptr<const core::Snapshot> snapshot);
  void cut_backend(uint32_t backend);
  void when_obeyed(const std::function<void()>& done);
  net::Task<void> tell_ready();
  std::expected<uint64_t, core::Problems> reload();
  void warn_of_what_needs_a_restart(const core::Config& next);
  void stop(std::string_view signal);
  net::Task<void> keep_surveying();
  Instant oldest_work() const;
  net::Task<void> end_in_time(Instant deadline);
  void worker_drained();
  void end();
  std::vector<Duration> loop_lags() const;
  void share_open_files();

  std::shared_ptr<const core::Config> config_;
  const uint32_t worker_count_;
  size_t most_connections_ = 1;  // of clients, for each worker
  LoadAgain load_again_;
  control::Notify notify_;
  net::KernelNetwork network_;
  std::unique_ptr<net::LogQueue> logs_;
  std::unique_ptr<net::QueuedLog> sink_;
  std::unique_ptr<Log> log_;
  Sockets sockets_;
  std::vector<std::vector<OpenSocket>> fresh_sockets_;  // for each worker, with the next snapshot
  std::vector<std::unique_ptr<WorkerThread>> workers_;
  std::unique_ptr<control::Controller> controller_;
  std::unique_ptr<control::AdminService> admin_;
  std::unique_ptr<control::AdminServer> admin_server_;
  std::unique_ptr<control::Signals> signals_;
  uint32_t still_draining_ = 0;
  bool stopping_ = false;
  net::Alarm ready_alarm_;
  net::Alarm drain_alarm_;
  net::Scope scope_;
};

}  // namespace fairlead::app
