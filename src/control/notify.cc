#include "control/notify.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "net/wait.h"

namespace fairlead::control {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

uint64_t number_of(const std::string& text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

// WATCHDOG_PID names who is meant: a child of ours that inherits the rest is not.
Duration watchdog_of_environment() {
  const std::string pid = variable("WATCHDOG_PID");
  if (!pid.empty() && number_of(pid) != static_cast<uint64_t>(getpid())) return {};
  // A day at most: a manager that waits longer watches nothing.
  constexpr uint64_t kMost = 86'400'000'000;
  return std::chrono::microseconds(std::min(number_of(variable("WATCHDOG_USEC")), kMost));
}

int64_t microseconds(Duration span) {
  return std::chrono::duration_cast<std::chrono::microseconds>(span).count();
}

// A status is one line of the protocol.
std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return line;
}

}  // namespace

Notify::Notify(std::string socket, Duration watchdog) {
  const bool usable = socket.size() > 1 && (socket[0] == '/' || socket[0] == '@') &&
                      socket.size() < sizeof(sockaddr_un::sun_path);
  if (!usable) return;
  descriptor_ = net::Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!descriptor_) return;
  socket_ = std::move(socket);
  watchdog_ = watchdog;
}

Notify Notify::from_environment() {
  return Notify(variable("NOTIFY_SOCKET"), watchdog_of_environment());
}

void Notify::send(const std::string& message) {
  if (!is_on()) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, socket_.data(), socket_.size());
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  [[maybe_unused]] const ssize_t sent =
      sendto(descriptor_.get(), message.data(), message.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&to), size);
}

void Notify::ready(std::string_view status) {
  send(fmt::format("READY=1\nSTATUS={}\n", one_line(status)));
}

void Notify::status(std::string_view status) { send(fmt::format("STATUS={}\n", one_line(status))); }

void Notify::reloading(Instant now) {
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\n", microseconds(now.time_since_epoch())));
}

void Notify::stopping(std::string_view status) {
  send(fmt::format("STOPPING=1\nSTATUS={}\n", one_line(status)));
}

void Notify::extend(Duration more) {
  send(fmt::format("EXTEND_TIMEOUT_USEC={}\n", microseconds(more)));
}

void Notify::alive() { send("WATCHDOG=1\n"); }

net::Task<void> keep_alive(net::Network& network, Notify& notify) {
  if (!notify.is_on() || notify.alive_interval() == Duration::zero()) co_return;
  net::Alarm alarm(network.wheel());
  while (true) {
    notify.alive();
    co_await net::sleep_until(alarm, network.now() + notify.alive_interval());
  }
}

}  // namespace fairlead::control
