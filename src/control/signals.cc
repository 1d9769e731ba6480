#include "control/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "net/kernel_error.h"

namespace fairlead::control {
namespace {

// SIGUSR2 too: its default would end the process, whoever sent it.
sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&set, signal);
  return set;
}

}  // namespace

void Signals::block() {
  const sigset_t set = our_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

Result<std::unique_ptr<Signals>> Signals::watch(net::KernelNetwork& network, SignalCalls calls,
                                                Log& log) {
  const sigset_t set = our_signals();
  net::Descriptor descriptor(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  const int number = descriptor.get();
  std::unique_ptr<Signals> signals(
      new Signals(network, std::move(descriptor), std::move(calls), log));
  if (number < 0 || !network.watch(number, *signals)) {
    return fail(Code::exhausted, Side::internal, "signals: " + net::describe_errno(errno));
  }
  return signals;
}

Signals::Signals(net::KernelNetwork& network, net::Descriptor descriptor, SignalCalls calls,
                 Log& log)
    : network_(network),
      descriptor_(std::move(descriptor)),
      calls_(std::move(calls)),
      log_(log),
      alarm_(network.wheel()) {
  scope_.spawn(deliver());
}

net::Task<void> Signals::deliver() {
  while (true) {
    co_await net::wait_for(alarm_, kNever, news_);
    news_.clear();
    signalfd_siginfo signal{};
    // Edge-triggered: all of them, or the rest would wait for the next.
    while (read(descriptor_.get(), &signal, sizeof signal) == ssize_t{sizeof signal}) {
      call(static_cast<int>(signal.ssi_signo));
    }
  }
}

void Signals::call(int signal) {
  switch (signal) {
    case SIGTERM: return calls_.stop("SIGTERM");
    case SIGINT: return calls_.stop("SIGINT");
    case SIGHUP: return calls_.reload();
    case SIGUSR1: return calls_.reopen_logs();
    default: log_.warning("SIGUSR2 is ignored: handing over to a new binary is not supported yet");
  }
}

}  // namespace fairlead::control
