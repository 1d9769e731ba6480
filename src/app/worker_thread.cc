#include "app/worker_thread.h"

#include <fmt/format.h>
#include <pthread.h>

namespace fairlead::app {

WorkerThread::WorkerThread(uint32_t index, uint64_t seed, size_t most_connections,
                           net::LogQueue& logs, std::shared_ptr<net::TicketKeys> ticket_keys,
                           TellTrouble tell_trouble)
    : producer_(logs.producer()),
      sink_(producer_),
      log_(sink_, [this] { return network_.wall_now(); }),
      tell_trouble_(std::move(tell_trouble)),
      worker_(new proxy::Worker(network_, index, seed, *this, most_connections,
                                std::move(ticket_keys))),
      thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), fmt::format("worker-{}", index).c_str());
}

WorkerThread::~WorkerThread() {
  network_.post([this] { network_.stop(); });
  thread_.join();
}

void WorkerThread::run() {
  network_.run();
  // Here and not in the destructor: its streams and blocks belong to this thread.
  worker_.reset();
}

bool WorkerThread::log_access(std::string_view line) {
  return producer_.write(net::Destination::access_log, line);
}

void WorkerThread::obey(std::shared_ptr<const core::Snapshot> snapshot,
                        std::vector<OpenSocket> sockets) {
  // Posted work is copied, sockets are not.
  auto shared = std::make_shared<std::vector<OpenSocket>>(std::move(sockets));
  network_.post([this, snapshot = std::move(snapshot), shared] {
    std::vector<proxy::OpenDoor> doors;
    for (OpenSocket& open : *shared) {
      auto acceptor = network_.adopt(std::move(open.socket));
      if (acceptor)
        doors.push_back({open.address, std::move(*acceptor)});
      else
        log_.error("cannot accept on {}: {}", open.address.text(), acceptor.error().detail);
    }
    worker_->obey(snapshot, std::move(doors));
  });
}

void WorkerThread::drain(std::function<void()> done) {
  network_.post([this, done = std::move(done)]() mutable { worker_->drain(std::move(done)); });
}

void WorkerThread::cut_backend(uint32_t backend) {
  network_.post([this, backend] { worker_->cut_backend(backend); });
}

void WorkerThread::then(std::function<void()> done) { network_.post(std::move(done)); }

void WorkerThread::survey(std::shared_ptr<core::Backend> backend) {
  network_.post([this, backend = std::move(backend)] { worker_->survey(*backend); });
}

void WorkerThread::survey() {
  network_.post([this] {
    oldest_.store(worker_->errands().oldest().time_since_epoch().count(),
                  std::memory_order_relaxed);
  });
}

void WorkerThread::call_off() {
  network_.post([this] { worker_->errands().call_off(network_.ready()); });
}

void WorkerThread::cut() {
  network_.post([this] { worker_->cut(); });
}

}  // namespace fairlead::app
