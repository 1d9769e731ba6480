// Notify: tells the service manager how we are, by the sd_notify protocol (systemd, man
// sd_notify(3)).
//
// One datagram a message to the socket that NOTIFY_SOCKET names. Without that variable every call
// does nothing. A message that cannot be sent is lost: the manager is no part of the work.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "net/descriptor.h"
#include "net/network.h"
#include "net/task.h"

namespace fairlead::control {

class Notify {
 public:
  // Tells nobody.
  Notify() = default;
  // `socket`: an absolute path, or "@name" of the abstract namespace; anything else tells nobody.
  // `watchdog`: how often the manager wants to hear of us; zero: not at all.
  explicit Notify(std::string socket, Duration watchdog = {});
  // From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. Call before there are threads.
  static Notify from_environment();

  bool is_on() const { return !socket_.empty(); }

  void ready(std::string_view status);
  void status(std::string_view status);
  // A reload begins; ready() ends it. `now` is of the monotonic clock, as every Instant is.
  void reloading(Instant now);
  void stopping(std::string_view status);
  // A start or stop needs this much more, from now.
  void extend(Duration more);
  void alive();

  // How often to call alive(): half of what the manager asks for. Zero: not at all.
  Duration alive_interval() const { return watchdog_ / 2; }

 private:
  void send(const std::string& message);

  std::string socket_;
  Duration watchdog_{};
  net::Descriptor descriptor_;
};

// Calls alive() for as long as the loop turns; ends at once where nobody asks for it. For a Scope.
net::Task<void> keep_alive(net::Network& network, Notify& notify);

}  // namespace fairlead::control
