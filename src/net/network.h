// Network: the one seam between Fairlead and the world. Sockets, time and sleep come from here.
//
// Two implementations: the kernel's (kernel_network.h) and the simulator's (sim_network.h), which
// runs the same proxy on a virtual clock and an in-memory network, from a seed. One object a
// thread.
#pragma once

#include <functional>
#include <memory>

#include "base/address.h"
#include "base/instant.h"
#include "base/result.h"
#include "net/alarm.h"
#include "net/event.h"
#include "net/stream.h"
#include "net/task.h"
#include "net/wait.h"

namespace fairlead::net {

class Network {
 public:
  explicit Network(Instant start) : now_(start), wheel_(start) {}
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  virtual ~Network() = default;

  // The time of this turn of the loop: the same value until the turn ends.
  Instant now() const { return now_; }
  // Civil time of this turn.
  virtual WallTime wall_now() const = 0;

  // Begins to connect. The stream is not yet connected: see Stream::connected(). An error where not
  // even that was possible (exhausted descriptors, a family the machine has not).
  virtual Result<std::unique_ptr<Stream>> connect(const Address& address) = 0;

  // Errors: address_in_use, permission, invalid (no such local address, or a file in the way),
  // not_found (no such folder, of a Unix address) or exhausted. `detail` names the address.
  virtual Result<std::unique_ptr<Acceptor>> listen(const Address& address) = 0;

  // How long a turn of the loop takes of late, and so keeps everybody waiting: smoothed over about
  // eight turns.
  Duration lag() const { return lag_; }

  // Runs `work` on this network's thread in its next turn. From any thread.
  virtual void post(std::function<void()> work) = 0;

  // Turns until stop(). On the thread that owns the network.
  virtual void run() = 0;
  // From a task or posted work of this network.
  virtual void stop() = 0;

  AlarmWheel& wheel() { return wheel_; }
  ReadyQueue& ready() { return ready_; }

 protected:
  void note_turn(Duration took) { lag_ += (took - lag_) / 8; }

  Instant now_;
  ReadyQueue ready_;
  AlarmWheel wheel_;

 private:
  Duration lag_{};
};

// `co_await sleep_until(alarm, deadline)`
inline WaitFor<0> sleep_until(Alarm& alarm, Instant deadline) { return {alarm, deadline, {}}; }

}  // namespace fairlead::net
