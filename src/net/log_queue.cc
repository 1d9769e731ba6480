#include "net/log_queue.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/check.h"
#include "net/kernel_error.h"

namespace fairlead::net {
namespace {

// How often a target that takes nothing is tried again at the end.
constexpr Duration kLastTries = 5ms;
// What the end may take longer than its writer was given.
constexpr Duration kGrace = 100ms;

}  // namespace

// The other end of all rings. Its own thread runs it; start-up, producers and counts come from
// others.
class LogQueue::Writer {
 public:
  Writer(std::vector<std::unique_ptr<LogFile>> files, Log::Clock clock,
         const LogQueueLimits& limits)
      : files_(std::move(files)), clock_(std::move(clock)), limits_(limits) {}

  void run();

  Producer& add_producer();
  Counts counts() const;
  void ask_to_reopen();
  void ask_to_stop();
  // Whether run() came to its end in time.
  bool wait_for_end();

  // Called after each line. The writer says that it sleeps before it looks at the rings for the
  // last time, we look after we have filled one: both sequentially consistent, so one sees the
  // other.
  void wake() {
    if (asleep_.load(std::memory_order_seq_cst) && asleep_.exchange(0)) asleep_.notify_one();
  }

 private:
  bool drain();
  void flush();
  void report();
  void reopen_files();
  void sleep();
  void finish();
  bool has_pending() const;
  bool has_orders() const { return stop_.load() || reopen_.load(); }
  void say(Level level, std::string_view message);
  void take(uint8_t tag, std::string_view first, std::string_view second);
  std::vector<Producer*> producers() const;

  std::vector<std::unique_ptr<LogFile>> files_;
  const Log::Clock clock_;
  const LogQueueLimits limits_;

  alignas(64) std::atomic<int> asleep_{0};  // an int is what a futex waits on
  std::atomic<bool> stop_{false};
  std::atomic<bool> reopen_{false};

  Counts reported_;
  WallTime next_report_{};

  mutable std::mutex mutex_;
  std::condition_variable ended_changed_;
  bool ended_ = false;                                // guarded by mutex_
  std::vector<std::unique_ptr<Producer>> producers_;  // guarded by mutex_
};

bool LogQueue::Producer::write(Destination destination, std::string_view line) {
  if (!ring_.push(static_cast<uint8_t>(destination), line)) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  writer_.wake();
  return true;
}

void LogQueue::Writer::run() {
  while (!stop_.load()) {
    const bool had_lines = drain();
    flush();
    if (reopen_.exchange(false)) reopen_files();
    report();
    if (!had_lines && !has_pending()) sleep();
    if (!stop_.load()) std::this_thread::sleep_for(limits_.nap);
  }
  finish();
}

void LogQueue::Writer::sleep() {
  asleep_.store(1, std::memory_order_seq_cst);
  const auto all = producers();
  const bool is_quiet =
      std::ranges::all_of(all, [](const Producer* one) { return one->ring_.is_empty(); });
  if (is_quiet && !has_orders()) {
    asleep_.wait(1);
  } else {
    asleep_.store(0);
  }
}

void LogQueue::Writer::finish() {
  drain();
  flush();
  report();
  for (Duration spent{}; has_pending() && spent < limits_.flush_within; spent += kLastTries) {
    std::this_thread::sleep_for(kLastTries);
    flush();
  }
  std::lock_guard lock(mutex_);
  ended_ = true;
  ended_changed_.notify_all();
}

bool LogQueue::Writer::drain() {
  size_t count = 0;
  for (Producer* producer : producers()) {
    count += producer->ring_.pop_all([this](uint8_t tag, std::string_view first,
                                            std::string_view second) { take(tag, first, second); });
  }
  return count > 0;
}

void LogQueue::Writer::take(uint8_t tag, std::string_view first, std::string_view second) {
  CHECK(tag < files_.size());
  files_[tag]->append(first, second);
}

void LogQueue::Writer::flush() {
  for (auto& file : files_) file->flush();
}

bool LogQueue::Writer::has_pending() const {
  return std::ranges::any_of(files_, [](const auto& file) { return file->has_pending(); });
}

void LogQueue::Writer::reopen_files() {
  for (auto& file : files_) {
    if (auto opened = file->reopen(); !opened) {
      say(Level::error, opened.error().detail + "; the old file stays in use");
    }
  }
}

void LogQueue::Writer::report() {
  const Counts now = counts();
  if (now.dropped == reported_.dropped && now.write_errors == reported_.write_errors) return;
  const WallTime time = clock_();
  if (time < next_report_ && !stop_.load()) return;
  next_report_ = time + limits_.report_every;
  say(Level::warning, fmt::format("{} log lines were dropped since the last report, {} in all",
                                  now.dropped - reported_.dropped, now.dropped));
  for (const auto& file : files_) {
    if (file->write_errors() == 0) continue;
    say(Level::warning,
        fmt::format("{} writes to the log {} have failed, the last with: {}", file->write_errors(),
                    file->target().name(), describe_errno(file->last_error())));
  }
  reported_ = now;
}

void LogQueue::Writer::say(Level level, std::string_view message) {
  files_.front()->append(log_line(clock_(), level, message), {});
  files_.front()->flush();
}

LogQueue::Producer& LogQueue::Writer::add_producer() {
  std::lock_guard lock(mutex_);
  return *producers_.emplace_back(std::make_unique<Producer>(*this, limits_.ring));
}

std::vector<LogQueue::Producer*> LogQueue::Writer::producers() const {
  std::lock_guard lock(mutex_);
  std::vector<Producer*> all;
  for (const auto& producer : producers_) all.push_back(producer.get());
  return all;
}

LogQueue::Counts LogQueue::Writer::counts() const {
  Counts counts;
  for (const Producer* producer : producers()) {
    counts.dropped += producer->dropped_.load(std::memory_order_relaxed);
  }
  for (const auto& file : files_) {
    counts.dropped += file->dropped();
    counts.write_errors += file->write_errors();
  }
  return counts;
}

void LogQueue::Writer::ask_to_reopen() {
  reopen_.store(true);
  wake();
}

void LogQueue::Writer::ask_to_stop() {
  stop_.store(true);
  wake();
}

bool LogQueue::Writer::wait_for_end() {
  std::unique_lock lock(mutex_);
  return ended_changed_.wait_for(lock, limits_.flush_within + limits_.nap + kGrace,
                                 [this] { return ended_; });
}

// ---- the queue ------------------------------------------------------------------------

Result<std::unique_ptr<LogQueue>> LogQueue::start(const std::vector<LogTarget>& targets,
                                                  Log::Clock clock, const LogQueueLimits& limits) {
  CHECK(!targets.empty());
  std::vector<std::unique_ptr<LogFile>> files;
  for (const LogTarget& target : targets) {
    auto file = LogFile::open(target);
    if (!file) return std::unexpected(file.error());
    files.push_back(std::move(*file));
  }
  auto writer = std::make_shared<Writer>(std::move(files), std::move(clock), limits);
  return std::unique_ptr<LogQueue>(new LogQueue(std::move(writer)));
}

LogQueue::LogQueue(std::shared_ptr<Writer> writer) : writer_(std::move(writer)) {
  // The writer takes no signal: the process has threads for that, and a pipe without a reader must
  // give an error and not end the process.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([writer = writer_] { writer->run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LogQueue::~LogQueue() {
  writer_->ask_to_stop();
  if (writer_->wait_for_end()) {
    thread_.join();
  } else {
    thread_.detach();  // stuck in a write; it keeps alive what it uses, and ends with the process
  }
}

LogQueue::Producer& LogQueue::producer() { return writer_->add_producer(); }
void LogQueue::reopen() { writer_->ask_to_reopen(); }
LogQueue::Counts LogQueue::counts() const { return writer_->counts(); }

}  // namespace fairlead::net
