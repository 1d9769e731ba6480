// WorkerThread: a proxy::Worker on a thread of its own; the control thread's handle on it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "core/snapshot.h"
#include "net/kernel_network.h"
#include "net/log_queue.h"
#include "proxy/outside.h"
#include "proxy/worker.h"

namespace fairlead::app {

// A listening socket for one worker: a proxy::OpenDoor as soon as the worker's loop watches it.
struct OpenSocket {
  Address address;  // as configured
  net::ListeningSocket socket;
};

// Called on the worker's thread.
using TellTrouble = std::function<void(const core::Trouble&)>;

class WorkerThread final : private proxy::Outside {
 public:
  WorkerThread(uint32_t index, uint64_t seed, size_t most_connections, net::LogQueue& logs,
               std::shared_ptr<net::TicketKeys> ticket_keys, TellTrouble tell_trouble);
  // Ends the thread: what is still open is broken off.
  ~WorkerThread() override;

  // All of these return at once; the thread does it in its next turn.
  void obey(std::shared_ptr<const core::Snapshot> snapshot, std::vector<OpenSocket> sockets);
  // `done` is called on the worker's thread when its last connection has ended.
  void drain(std::function<void()> done);
  // Whoever runs an errand at a backend is to end it now, with a word.
  void call_off();
  void cut();
  // Of proxy::Worker.
  void cut_backend(uint32_t backend);
  void survey(std::shared_ptr<core::Backend> backend);
  // Calls it on the worker's thread, behind all that was asked of it before.
  void then(std::function<void()> done);

  Duration lag() const { return network_.last_turn(); }
  // Since when the oldest of its work at backends runs, as of the last survey(); kNever: none does.
  Instant oldest_work() const { return Instant(Duration(oldest_.load(std::memory_order_relaxed))); }
  void survey();

 private:
  void run();
  // proxy::Outside
  bool log_access(std::string_view line) override;
  Log& log() override { return log_; }
  void tell(const core::Trouble& trouble) override { tell_trouble_(trouble); }

  net::KernelNetwork network_;
  net::LogQueue::Producer& producer_;
  net::QueuedLog sink_;
  Log log_;
  TellTrouble tell_trouble_;
  std::unique_ptr<proxy::Worker> worker_;  // used on the thread alone
  std::thread thread_;
  std::atomic<int64_t> oldest_{kNever.time_since_epoch().count()};
};

}  // namespace fairlead::app
