#include "net/socket_acceptor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "net/kernel_error.h"
#include "net/socket_address.h"
#include "net/socket_stream.h"

namespace fairlead::net {
namespace {

// The kernel cuts it to net.core.somaxconn.
constexpr int kBacklog = 65535;

bool turn_on(int socket, int level, int option) {
  const int one = 1;
  return setsockopt(socket, level, option, &one, sizeof one) == 0;
}

std::string why_not(const Address& address, int error) {
  switch (error) {
    case EADDRINUSE: return "it is in use: another process listens there";
    case EADDRNOTAVAIL: return "no interface of this machine has that address";
    case ENOENT: return "there is no such folder";
    case EACCES:
      if (!address.is_unix() && address.port() < 1024)
        return "ports below 1024 need root or CAP_NET_BIND_SERVICE";
      return "permission denied";
    default: return describe_errno(error);
  }
}

std::unexpected<Error> cannot_listen(const Address& address, Code code, std::string_view why) {
  return fail(code, Side::internal, fmt::format("cannot listen on {}: {}", address.text(), why));
}

std::unexpected<Error> cannot_listen(const Address& address, int error) {
  return cannot_listen(address, code_of_errno(error), why_not(address, error));
}

// The file that bind() has made there, of a socket that nobody will listen behind. REQUIRES:
// path_mutex() is held.
std::unexpected<Error> give_up_file(const Address& address, int error) {
  if (address.is_unix()) unlink(address.path().c_str());
  return cannot_listen(address, error);
}

void set_options(const Descriptor& fd, const Address& address, int family, bool shared) {
  if (family == AF_UNIX) return;
  turn_on(fd.get(), SOL_SOCKET, SO_REUSEADDR);
  turn_on(fd.get(), IPPROTO_TCP, TCP_NODELAY);  // inherited by what is accepted
  if (shared) turn_on(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  if (family == AF_INET6) {
    // ":8080" is every interface, IPv4 and IPv6; "[::1]:80" is IPv6 alone.
    const int only_v6 = address.ip() == Ip() ? 0 : 1;
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6);
  }
}

Result<Descriptor> bind_socket(const Address& address, const SocketAddress& to, bool shared) {
  Descriptor fd(socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return cannot_listen(address, errno);
  set_options(fd, address, to.family(), shared);
  if (bind(fd.get(), &to.value.any, to.size) != 0) return cannot_listen(address, errno);
  return fd;
}

Result<Descriptor> listen_at(const Address& address, const SocketAddress& to, bool shared) {
  auto fd = bind_socket(address, to, shared);
  if (fd && listen(fd->get(), kBacklog) != 0) return give_up_file(address, errno);
  return fd;
}

// A machine without IPv6 still serves ":8080", on IPv4.
SocketAddress listening_address(const Address& address) {
  if (!address.is_unix() && address.ip() == Ip() &&
      !Descriptor(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0))) {
    return to_socket_address(Address(Ip::v4({0, 0, 0, 0}), address.port()));
  }
  return to_socket_address(address);
}

Result<ListeningSocket> open_unix(const Address& address, const Claim* beside) {
  const std::lock_guard lock(path_mutex());
  if (!clear_path(address, beside))
    return cannot_listen(address, Code::invalid, "a file that is not a socket is there");
  auto socket = listen_at(address, to_socket_address(address), false);
  if (!socket) return std::unexpected(socket.error());
  Descriptor file(open(address.path().c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!file) return give_up_file(address, errno);
  return ListeningSocket{std::make_shared<const Claim>(address, std::move(file)),
                         std::move(*socket)};
}

Result<std::vector<ListeningSocket>> open_shared_unix(const Address& address, uint32_t count,
                                                      const Claim* beside) {
  auto first = open_unix(address, beside);
  if (!first) return std::unexpected(first.error());
  std::vector<ListeningSocket> sockets;
  sockets.push_back(std::move(*first));
  while (sockets.size() < count) {
    Descriptor copy(fcntl(sockets.front().socket.get(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return cannot_listen(address, errno);
    sockets.push_back({sockets.front().claim, std::move(copy)});
  }
  return sockets;
}

}  // namespace

Result<ListeningSocket> open_listener(const Address& address) {
  if (address.is_unix()) return open_unix(address, nullptr);
  auto socket = listen_at(address, listening_address(address), false);
  if (!socket) return std::unexpected(socket.error());
  return ListeningSocket{std::make_shared<const Claim>(address), std::move(*socket)};
}

Result<std::vector<ListeningSocket>> open_listeners(const Address& address, uint32_t count,
                                                    const Claim* beside) {
  if (address.is_unix()) return open_shared_unix(address, count, beside);
  SocketAddress to = listening_address(address);
  if (!beside && address.port() != 0) {
    // SO_REUSEPORT would join another process of the same user without a word; a socket without it
    // is refused by the kernel where anybody listens. That would be our own, beside a claim. It
    // listens to nobody: whoever connected in this moment would be reset.
    if (auto alone = bind_socket(address, to, false); !alone) return std::unexpected(alone.error());
  }
  const auto claim = std::make_shared<const Claim>(address);
  std::vector<ListeningSocket> sockets;
  while (sockets.size() < count) {
    auto socket = listen_at(address, to, true);
    if (!socket) return std::unexpected(socket.error());
    sockets.push_back({claim, std::move(*socket)});
    // Port 0 is the kernel's choice, once: the other sockets join the first.
    to = listening_address(Address(address.ip(), address_of(sockets.front().socket).port()));
  }
  return sockets;
}

std::unique_ptr<SocketAcceptor> SocketAcceptor::watch(ListeningSocket socket, EpollLoop& loop,
                                                      ReadyQueue& ready) {
  std::unique_ptr<SocketAcceptor> acceptor(new SocketAcceptor(std::move(socket), loop, ready));
  if (!loop.add(acceptor->socket_.get(), *acceptor)) return nullptr;
  return acceptor;
}

// The workers' descriptors of a Unix socket are duplicates: while another of them is open, the
// kernel would go on telling of this one.
SocketAcceptor::~SocketAcceptor() { loop_.remove(socket_.get()); }

void SocketAcceptor::on_events(uint32_t events) {
  if (events & EPOLLIN) acceptable_.set(ready_);
}

Result<std::unique_ptr<Stream>> SocketAcceptor::accept() {
  while (true) {
    SocketAddress peer;
    Descriptor fd(
        accept4(socket_.get(), &peer.value.any, &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      return SocketStream::accepted(std::move(fd), to_address(peer), loop_, ready_);
    }
    if (errno == EAGAIN) {
      acceptable_.clear();
      return nullptr;
    }
    // The client has gone already, or a network error of its connection: not ours (accept(2)).
    const bool of_that_connection = errno == ECONNABORTED || errno == EINTR || errno == EPROTO ||
                                    errno == EPERM || errno == ENETDOWN || errno == ENETUNREACH ||
                                    errno == EHOSTUNREACH || errno == EHOSTDOWN ||
                                    errno == ENOPROTOOPT || errno == ENONET;
    if (!of_that_connection)
      return fail(code_of_errno(errno), Side::internal, describe_errno(errno));
  }
}

Address address_of(const Descriptor& listener) {
  SocketAddress address;
  if (getsockname(listener.get(), &address.value.any, &address.size) != 0) return {};
  return to_address(address);
}

Address SocketAcceptor::local() const { return address_of(socket_); }

}  // namespace fairlead::net
