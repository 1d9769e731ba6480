// LogQueue: takes log lines off the hands of threads that must not wait, and writes them.
//
// Each thread has a Producer with a bounded ring of its own; one writer thread empties all rings
// into the targets. A line that finds its ring full is dropped and counted: no worker ever waits
// for a disk, a pipe or a lock. A busy worker makes no system call a line; a quiet one wakes the
// writer once for each batch.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "base/instant.h"
#include "base/log.h"
#include "base/result.h"
#include "net/byte_ring.h"
#include "net/log_file.h"

namespace fairlead::net {

// Which of the targets a line is for: its index. The first is always the error log, where the queue
// itself reports.
enum class Destination : uint8_t { error_log = 0, access_log = 1 };

struct LogQueueLimits {
  size_t ring = 1024 * 1024;    // bytes for each producer; a power of two
  Duration nap = 10ms;          // from the first line of a batch to its writing
  Duration report_every = 10s;  // at most so often it is said that lines were lost
  Duration flush_within = 1s;   // at the end
};

class LogQueue {
 public:
  class Writer;

  // One thread's way in. Lives as long as the queue.
  class Producer {
   public:
    Producer(Writer& writer, size_t ring) : writer_(writer), ring_(ring) {}
    // `line` is whole and ends in '\n'. False: dropped and counted. Cost: about 30 ns and a copy.
    bool write(Destination destination, std::string_view line);

   private:
    friend class Writer;
    Writer& writer_;
    ByteRing ring_;
    std::atomic<uint64_t> dropped_{0};
  };

  struct Counts {
    uint64_t dropped = 0;       // lines that were lost, for whatever reason
    uint64_t write_errors = 0;  // failed writes
  };

  // Opens every target and starts the writer. `clock` is called on the writer's thread.
  // REQUIRES: at least one target. Errors: those of LogFile::open.
  static Result<std::unique_ptr<LogQueue>> start(const std::vector<LogTarget>& targets,
                                                 Log::Clock clock,
                                                 const LogQueueLimits& limits = {});
  // Writes what is left, but leaves after `flush_within` whatever a target may be stuck in.
  // REQUIRES: no producer is used any more.
  ~LogQueue();
  LogQueue(const LogQueue&) = delete;
  LogQueue& operator=(const LogQueue&) = delete;

  // A new one, for one thread. From any thread.
  Producer& producer();
  // Opens files anew, for rotation: what was written before goes to the old ones. From any thread;
  // returns at once.
  void reopen();
  // From any thread.
  Counts counts() const;

 private:
  explicit LogQueue(std::shared_ptr<Writer> writer);

  std::shared_ptr<Writer> writer_;  // shared with its thread, which may have to be left behind
  std::thread thread_;
};

// Lines of a Log, into the error log.
class QueuedLog final : public LogSink {
 public:
  explicit QueuedLog(LogQueue::Producer& producer) : producer_(producer) {}
  void write(Level, std::string_view line) override {
    producer_.write(Destination::error_log, line);
  }

 private:
  LogQueue::Producer& producer_;
};

}  // namespace fairlead::net
