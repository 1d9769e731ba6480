#include "net/socket_acceptor.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>

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

std::unexpected<Error> cannot_listen(const Address& address, int error) {
  const Code code = code_of_errno(error);
  std::string why = describe_errno(error);
  if (code == Code::address_in_use) why = "another process listens there already";
  if (code == Code::permission && address.port() < 1024) {
    why += ": ports below 1024 need root or CAP_NET_BIND_SERVICE";
  }
  return fail(code, Side::internal, fmt::format("cannot listen on {}: {}", address.text(), why));
}

// A Unix socket file that nobody listens behind is a leftover of a process that died.
void remove_stale_socket(const Address& address, const SocketAddress& to) {
  struct stat status{};
  if (stat(address.path().c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  Descriptor trial(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(trial.get(), &to.value.any, to.size) != 0 && errno == ECONNREFUSED) {
    unlink(address.path().c_str());
  }
}

Result<Descriptor> bind_socket(const Address& address, const SocketAddress& to, bool shared) {
  Descriptor fd(socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return cannot_listen(address, errno);
  if (to.family() != AF_UNIX) {
    turn_on(fd.get(), SOL_SOCKET, SO_REUSEADDR);
    turn_on(fd.get(), IPPROTO_TCP, TCP_NODELAY);  // inherited by what is accepted
    if (shared) turn_on(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  }
  if (to.family() == AF_INET6) {
    // ":8080" is every interface, IPv4 and IPv6; "[::1]:80" is IPv6 alone.
    const int only_v6 = address.ip() == Ip() ? 0 : 1;
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6);
  }
  if (bind(fd.get(), &to.value.any, to.size) != 0 || listen(fd.get(), kBacklog) != 0) {
    return cannot_listen(address, errno);
  }
  return fd;
}

}  // namespace

Result<Descriptor> open_listener(const Address& address, bool shared, bool first) {
  SocketAddress to = to_socket_address(address);
  if (to.family() == AF_UNIX) {
    remove_stale_socket(address, to);
    return bind_socket(address, to, false);
  }
  // A machine without IPv6 still serves ":8080", on IPv4.
  if (address.ip() == Ip() && !Descriptor(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0))) {
    to = to_socket_address(Address(Ip::v4({0, 0, 0, 0}), address.port()));
  }
  if (shared && first && address.port() != 0) {
    // SO_REUSEPORT would join another process of the same user without a word; a socket without it
    // is refused by the kernel where anybody listens.
    if (auto alone = bind_socket(address, to, false); !alone) return alone;
  }
  return bind_socket(address, to, shared);
}

std::unique_ptr<SocketAcceptor> SocketAcceptor::watch(Descriptor socket, EpollLoop& loop,
                                                      ReadyQueue& ready) {
  std::unique_ptr<SocketAcceptor> acceptor(new SocketAcceptor(std::move(socket), loop, ready));
  if (!loop.add(acceptor->socket_.get(), *acceptor)) return nullptr;
  return acceptor;
}

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
