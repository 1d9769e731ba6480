// Signals: the process's signals as calls on the control loop, by signalfd.
//
// A signal handler may do almost nothing; a task on the loop may do everything. So signals are
// blocked in every thread and read like any other descriptor. SIGPIPE is ignored: a write to a gone
// peer is an ordinary error.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/log.h"
#include "base/result.h"
#include "net/descriptor.h"
#include "net/kernel_network.h"
#include "net/scope.h"

namespace fairlead::control {

// Called on the control thread, one after the other. None may destroy the Signals.
struct SignalCalls {
  std::function<void(std::string_view name)>
      stop;                           // SIGTERM or SIGINT: drain; at the second: end now
  std::function<void()> reload;       // SIGHUP
  std::function<void()> reopen_logs;  // SIGUSR1
};

class Signals final : private net::EpollLoop::Handler {
 public:
  // Blocks what watch() reads, and ignores SIGPIPE. First of all in main(): threads inherit it.
  static void block();

  // Delivers from now on. REQUIRES: block() was called before any thread was made. Error:
  // exhausted.
  static Result<std::unique_ptr<Signals>> watch(net::KernelNetwork& network, SignalCalls calls,
                                                Log& log);

 private:
  Signals(net::KernelNetwork& network, net::Descriptor descriptor, SignalCalls calls, Log& log);
  void on_events(uint32_t) override { news_.set(network_.ready()); }
  net::Task<void> deliver();
  void call(int signal);

  net::KernelNetwork& network_;
  net::Descriptor descriptor_;
  SignalCalls calls_;
  Log& log_;
  net::Event news_;
  net::Alarm alarm_;
  net::Scope scope_;
};

}  // namespace fairlead::control
