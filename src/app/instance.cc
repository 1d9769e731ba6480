#include "app/instance.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/random.h>

#include <algorithm>

#include "app/open_files.h"
#include "core/config/binds.h"

namespace fairlead::app {
namespace {

// The CPUs that this process may run on.
uint32_t usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<uint32_t>(std::max(1, CPU_COUNT(&set)));
}

uint64_t random_seed() {
  uint64_t seed = 0;
  // Before the kernel's pool is ready (early at boot) a seed of zero bits costs spread, not safety.
  [[maybe_unused]] const ssize_t got = getrandom(&seed, sizeof seed, GRND_NONBLOCK);
  return seed;
}

core::Problems one_problem(std::string message, std::string hint, const core::Place& place = {}) {
  core::Problem problem;
  problem.place = place;
  problem.message = std::move(message);
  problem.hint = std::move(hint);
  return {problem};
}

}  // namespace

Instance::Instance(core::Config config, LoadAgain load_again, control::Notify notify)
    : config_(std::make_shared<const core::Config>(std::move(config))),
      worker_count_(config_->workers > 0 ? config_->workers : usable_cpus()),
      load_again_(std::move(load_again)),
      notify_(std::move(notify)),
      sockets_(worker_count_),
      ready_alarm_(network_.wheel()),
      drain_alarm_(network_.wheel()) {}

Instance::~Instance() {
  scope_.cancel_all();
  workers_.clear();  // joins: from here on nobody posts to us
}

// ---- the start ------------------------------------------------------------------------

std::expected<void, core::Problems> Instance::start() {
  if (auto logs = open_logs(); !logs) return logs;
  share_open_files();
  auto sockets = sockets_.open(*config_);
  if (!sockets) return std::unexpected(std::move(sockets.error()));
  fresh_sockets_ = std::move(*sockets);
  sockets_.settle(*config_);

  const uint64_t seed = random_seed();
  controller_ = std::make_unique<control::Controller>(control::Controller::Parts{
      network_, *log_, worker_count_, seed,
      [this](std::shared_ptr<const core::Snapshot> snapshot) { publish(std::move(snapshot)); },
      [this](uint32_t backend) { cut_backend(backend); },
      [this](const std::shared_ptr<core::Backend>& backend) {
        for (auto& worker : workers_) worker->survey(backend);
      },
      [this](const std::function<void()>& done) { when_obeyed(done); }});
  if (auto admin = open_admin(); !admin) return admin;
  auto signals = control::Signals::watch(network_,
                                         {.stop = [this](std::string_view name) { stop(name); },
                                          .reload = [this] { static_cast<void>(reload()); },
                                          .reopen_logs = [this] { logs_->reopen(); }},
                                         *log_);
  if (!signals) return std::unexpected(one_problem("signals: " + signals.error().detail, ""));
  signals_ = std::move(*signals);
  start_workers();
  return {};
}

std::expected<void, core::Problems> Instance::open_logs() {
  const std::vector<net::LogTarget> targets = {net::LogTarget{},
                                               net::LogTarget::parse(config_->access_log.to)};
  auto logs = net::LogQueue::start(targets, [] {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  });
  if (!logs)
    return std::unexpected(one_problem(
        "access_log: " + logs.error().detail,
        "access_log.to is stdout, stderr or the path of a file that this user may write"));
  logs_ = std::move(*logs);
  sink_ = std::make_unique<net::QueuedLog>(logs_->producer());
  log_ = std::make_unique<Log>(*sink_, [this] { return network_.wall_now(); });
  return {};
}

std::expected<void, core::Problems> Instance::open_admin() {
  if (!config_->admin) return {};
  control::AdminParts parts{.controller = *controller_,
                            .network = network_,
                            .log = *log_,
                            .version = FAIRLEAD_VERSION,
                            .started = network_.wall_now(),
                            .started_at = network_.now(),
                            .reload = {},
                            .loop_lags = [this] { return loop_lags(); },
                            .oldest_work = [this] { return oldest_work(); },
                            .log_dropped = [this] { return logs_->counts().dropped; },
                            .bound = [this](std::string_view name) { return bound(name); }};
  if (load_again_) parts.reload = [this] { return reload(); };
  admin_ = std::make_unique<control::AdminService>(std::move(parts));
  auto server = control::AdminServer::open(network_, *config_->admin, *admin_, *log_);
  if (!server) return std::unexpected(cannot_open_admin(server.error()));
  admin_server_ = std::move(*server);
  return {};
}

core::Problems Instance::cannot_open_admin(const Error& error) const {
  const Address& admin = *config_->admin;
  std::string why = error.detail;
  std::string hint = hint_for(admin, error.code);
  for (const core::ListenerConfig& listener : config_->listeners) {
    if (!std::ranges::any_of(listener.bind,
                             [&](const Address& bind) { return core::overlap(admin, bind); }))
      continue;
    why = fmt::format("cannot listen on {}: listener `{}` has that address", admin.text(),
                      listener.name);
    hint.clear();
  }
  if (hint.empty()) hint = "give it another one: `admin: 127.0.0.1:9901`, `--admin 127.0.0.1:9901`";
  hint += "; or turn it off: `admin: off`, `--admin off`";
  return one_problem("admin address: " + why, std::move(hint), config_->admin_place);
}

std::vector<Address> Instance::bound(std::string_view name) const {
  const auto listener = std::ranges::find(config_->listeners, name, &core::ListenerConfig::name);
  return listener == config_->listeners.end() ? std::vector<Address>() : sockets_.bound(*listener);
}

void Instance::start_workers() {
  const auto ticket_keys = std::make_shared<net::TicketKeys>();
  for (uint32_t i = 0; i < worker_count_; ++i) {
    workers_.push_back(std::make_unique<WorkerThread>(
        i, random_seed() + i, most_connections_, *logs_, ticket_keys,
        [this](const core::Trouble& trouble) {
          network_.post([this, trouble] { controller_->hear(trouble); });
        }));
  }
}

// More connections than the soft limit allows are refused by the kernel; what may be raised, is.
void Instance::share_open_files() {
  const uint64_t open_files = raise_open_files();
  most_connections_ = connections_of_each(open_files, worker_count_);
  log_->info("{} workers, at most {} open files: {} proxied connections at once", worker_count_,
             open_files, most_connections_ * worker_count_);
}

void Instance::run() {
  log_->info("fairlead {} starts", FAIRLEAD_VERSION);
  controller_->start(config_);
  scope_.spawn(tell_ready());
  scope_.spawn(control::keep_alive(network_, notify_));
  network_.run();
}

net::Task<void> Instance::tell_ready() {
  co_await net::wait_for(ready_alarm_, kNever, controller_->first_round());
  for (const core::ListenerConfig& listener : config_->listeners) {
    for (const Address& address : sockets_.bound(listener))
      log_->info("listener {} serves {}", listener.name, address.text());
  }
  if (admin_server_) log_->info("admin address: http://{}/", admin_server_->address().text());
  if (!stopping_) notify_.ready("serving");
}

void Instance::publish(std::shared_ptr<const core::Snapshot> snapshot) {
  fresh_sockets_.resize(workers_.size());
  for (size_t i = 0; i < workers_.size(); ++i)
    workers_[i]->obey(snapshot, std::exchange(fresh_sockets_[i], {}));
}

void Instance::cut_backend(uint32_t backend) {
  for (auto& worker : workers_) worker->cut_backend(backend);
}

// The last of them to come by says so.
void Instance::when_obeyed(const std::function<void()>& done) {
  auto left = std::make_shared<size_t>(workers_.size());  // of this thread alone
  const auto one_obeys = [left, done] {
    if (--*left == 0) done();
  };
  for (auto& worker : workers_) {
    worker->then([this, one_obeys] { network_.post(one_obeys); });
  }
}

std::vector<Duration> Instance::loop_lags() const {
  std::vector<Duration> lags;
  for (const auto& worker : workers_) lags.push_back(worker->lag());
  return lags;
}

// ---- reload ---------------------------------------------------------------------------

std::expected<uint64_t, core::Problems> Instance::reload() {
  const auto refuse = [this](core::Problems problems) {
    controller_->refuse(core::count_line(problems));  // and says so in the log
    for (const core::Problem& problem : problems) {
      log_->error("{}", core::sentence_of(problem));
    }
    return std::unexpected(std::move(problems));
  };
  if (!load_again_)
    return refuse(one_problem("there is no file to read again", "start with -c FILE"));
  if (stopping_) return refuse(one_problem("this instance is about to stop", ""));
  notify_.reloading(network_.now());
  core::LoadResult loaded = load_again_(*config_);
  if (!loaded.config) {
    notify_.ready("serving; the last reload was refused");
    return refuse(std::move(loaded.problems));
  }
  auto sockets = sockets_.open(*loaded.config);
  if (!sockets) {
    notify_.ready("serving; the last reload was refused");
    return refuse(std::move(sockets.error()));
  }
  for (const core::Problem& problem : loaded.problems) {
    log_->warning("{}", core::sentence_of(problem));
  }
  warn_of_what_needs_a_restart(*loaded.config);
  fresh_sockets_ = std::move(*sockets);
  config_ = std::make_shared<const core::Config>(std::move(*loaded.config));
  sockets_.settle(*config_);
  controller_->apply(config_);
  notify_.ready("serving");
  return controller_->generation();
}

void Instance::warn_of_what_needs_a_restart(const core::Config& next) {
  const auto say = [this](std::string_view what) {
    log_->warning("{} is changed: it takes effect at the next start", what);
  };
  if ((next.workers > 0 ? next.workers : usable_cpus()) != worker_count_) say("workers");
  if (next.admin != config_->admin) say("admin");
  if (next.access_log.to != config_->access_log.to) say("access_log.to");
}

// How long those who are told that they are broken off have to hear it.
constexpr Duration kParting = 1500ms;

// ---- the end --------------------------------------------------------------------------

void Instance::stop(std::string_view signal) {
  if (stopping_) {
    log_->warning("{} again: ending now", signal);
    for (auto& worker : workers_) worker->cut();
    end();
    return;
  }
  stopping_ = true;
  log_->info("{}: draining for at most {} s", signal, to_seconds(config_->drain_timeout));
  notify_.stopping("draining");
  notify_.extend(config_->drain_timeout + 5s);
  controller_->begin_drain();
  still_draining_ = static_cast<uint32_t>(workers_.size());
  for (auto& worker : workers_) {
    worker->drain([this] { network_.post([this] { worker_drained(); }); });
  }
  scope_.spawn(end_in_time(saturating_add(network_.now(), config_->drain_timeout)));
  scope_.spawn(keep_surveying());
}

void Instance::worker_drained() {
  if (--still_draining_ > 0) return;
  log_->info("drained: every connection has come to its end");
  end();
}

// For the count-down that `status` shows.
net::Task<void> Instance::keep_surveying() {
  net::Alarm alarm(network_.wheel());
  while (true) {
    for (auto& worker : workers_) worker->survey();
    co_await net::sleep_until(alarm, network_.now() + 200ms);
  }
}

Instant Instance::oldest_work() const {
  Instant oldest = kNever;
  for (const auto& worker : workers_) oldest = std::min(oldest, worker->oldest_work());
  return oldest;
}

net::Task<void> Instance::end_in_time(Instant deadline) {
  co_await net::sleep_until(drain_alarm_, deadline);
  log_->warning("drain_timeout is over: breaking off what is left");
  // Who can still be told is: by an answer, or by WebSocket's close frame.
  for (auto& worker : workers_) worker->call_off();
  co_await net::sleep_until(drain_alarm_, network_.now() + kParting);
  end();
}

// The workers break off in their destructors.
void Instance::end() { network_.stop(); }

}  // namespace fairlead::app
