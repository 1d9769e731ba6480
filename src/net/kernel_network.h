// KernelNetwork: the Network of a real machine. One a thread, with its own epoll.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "net/epoll_loop.h"
#include "net/network.h"
#include "net/socket_acceptor.h"

namespace fairlead::net {

class KernelNetwork final : public Network {
 public:
  KernelNetwork();

  WallTime wall_now() const override;
  Result<std::unique_ptr<Stream>> connect(const Address& address) override;
  Result<std::unique_ptr<Acceptor>> listen(const Address& address) override;
  void post(std::function<void()> work) override;
  void run() override;
  void stop() override { stopping_ = true; }

  // Takes over a listening socket that open_listeners() gave. Error: exhausted.
  Result<std::unique_ptr<Acceptor>> adopt(ListeningSocket listener);
  // For descriptors of other kinds (signals): `handler` hears of them in every turn with news.
  bool watch(int descriptor, EpollLoop::Handler& handler) { return loop_.add(descriptor, handler); }

  // How long the last turn kept everybody else waiting. From any thread.
  Duration last_turn() const { return Duration(last_turn_.load(std::memory_order_relaxed)); }

 private:
  struct Doorbell final : EpollLoop::Handler {
    void on_events(uint32_t) override { rung = true; }
    bool rung = false;
  };

  void turn();
  void run_posted();

  EpollLoop loop_;
  Descriptor bell_;  // an eventfd: work was posted
  Doorbell doorbell_;
  bool stopping_ = false;
  Duration wall_offset_{};  // civil time minus steady time
  std::atomic<int64_t> last_turn_{0};
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
};

}  // namespace fairlead::net
