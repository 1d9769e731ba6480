#include "net/kernel_network.h"

#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>

#include "base/check.h"
#include "net/kernel_error.h"
#include "net/socket_address.h"
#include "net/socket_stream.h"

namespace fairlead::net {
namespace {

// Where Fairlead asks what time it is.
Instant read_steady_clock() { return Instant(std::chrono::steady_clock::now().time_since_epoch()); }
WallTime read_wall_clock() { return std::chrono::system_clock::now(); }

// Why a connect has failed at once, and whose doing that is.
Error not_connected(int error, bool is_unix) {
  // No local port is left: that is this machine's limit, not the backend's fault.
  if (error == EADDRNOTAVAIL) {
    return {Code::exhausted, Side::internal, Again::yes,
            "no local port is left (net.ipv4.ip_local_port_range)"};
  }
  if (error == EAGAIN && is_unix)
    return {Code::refused, Side::upstream, Again::yes, "its queue of connections is full"};
  // The rights of the socket's file, or a firewall of this machine that says no.
  if (error == EACCES || error == EPERM) {
    return {Code::unreachable, Side::upstream, Again::yes, describe_errno(error)};
  }
  const Code code = code_of_errno(error);
  const Side side = code == Code::exhausted ? Side::internal : Side::upstream;
  const bool is_plain =  // dial() has words for it
      code == Code::refused || code == Code::not_found || code == Code::unreachable;
  return {code, side, Again::yes, is_plain ? std::string() : describe_errno(error)};
}

}  // namespace

KernelNetwork::KernelNetwork()
    : Network(read_steady_clock()), bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(bell_ && loop_.add(bell_.get(), doorbell_));
  wall_offset_ = read_wall_clock().time_since_epoch() - now_.time_since_epoch();
}

WallTime KernelNetwork::wall_now() const {
  return WallTime(now_.time_since_epoch() + wall_offset_);
}

Result<std::unique_ptr<Stream>> KernelNetwork::connect(const Address& address) {
  const SocketAddress to = to_socket_address(address);
  Descriptor fd(socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail(code_of_errno(errno), Side::internal, describe_errno(errno), Again::yes);
  if (to.family() != AF_UNIX) {
    const int one = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  const bool at_once = ::connect(fd.get(), &to.value.any, to.size) == 0;
  if (!at_once && errno != EINPROGRESS) {
    return std::unexpected(not_connected(errno, address.is_unix()));
  }
  auto stream = SocketStream::watch(std::move(fd), address, at_once, loop_, ready_);
  if (!stream) return fail(code_of_errno(errno), Side::internal, describe_errno(errno), Again::yes);
  return stream;
}

Result<std::unique_ptr<Acceptor>> KernelNetwork::listen(const Address& address) {
  auto socket = open_listener(address);
  if (!socket) return std::unexpected(socket.error());
  return adopt(std::move(*socket));
}

Result<std::unique_ptr<Acceptor>> KernelNetwork::adopt(ListeningSocket listener) {
  auto acceptor = SocketAcceptor::watch(std::move(listener), loop_, ready_);
  if (!acceptor) return fail(code_of_errno(errno), Side::internal, describe_errno(errno));
  return acceptor;
}

void KernelNetwork::post(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
    if (posted_.size() > 1) return;  // the bell has been rung for the first of them
  }
  const uint64_t one = 1;
  // Cannot fail but by overflow of the counter, and then the bell is ringing already.
  [[maybe_unused]] const ssize_t written = write(bell_.get(), &one, sizeof one);
}

void KernelNetwork::run_posted() {
  doorbell_.rung = false;
  uint64_t count;
  [[maybe_unused]] const ssize_t got = read(bell_.get(), &count, sizeof count);
  std::vector<std::function<void()>> work;
  {
    std::lock_guard lock(mutex_);
    work.swap(posted_);
  }
  for (auto& item : work) item();
}

void KernelNetwork::turn() {
  Duration patience = Duration(-1);
  if (!ready_.empty() || stopping_) {
    patience = Duration::zero();
  } else if (const Instant next = wheel_.next(); next != kNever) {
    patience = std::max(Duration::zero(), next - now_);
  }
  loop_.poll(patience);
  now_ = read_steady_clock();
  wall_offset_ = read_wall_clock().time_since_epoch() - now_.time_since_epoch();
  if (doorbell_.rung) run_posted();
  wheel_.turn(now_, ready_);
  ready_.run();
}

void KernelNetwork::run() {
  stopping_ = false;
  while (!stopping_) {
    turn();
    const Duration took = read_steady_clock() - now_;
    note_turn(took);
    last_turn_.store(took.count(), std::memory_order_relaxed);
  }
}

}  // namespace fairlead::net
