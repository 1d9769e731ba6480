// SocketAcceptor: a listening TCP or Unix socket of the kernel.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/address.h"
#include "net/claim.h"
#include "net/descriptor.h"
#include "net/epoll_loop.h"
#include "net/stream.h"

namespace fairlead::net {

// A socket that listens and is not yet watched by any loop, so that one thread can open those of
// all workers before any of them starts.
struct ListeningSocket {
  std::shared_ptr<const Claim> claim;  // ends after the socket
  Descriptor socket;
};

// One socket that has the address to itself.
Result<ListeningSocket> open_listener(const Address& address);

// `count` sockets at one address, over which the kernel spreads connections (SO_REUSEPORT; a Unix
// socket cannot be opened twice, there all share one). Where the address, or one that it overlaps
// with, is still claimed by sockets of ours that are about to close, `beside` is that claim: then
// the new ones listen beside them until they have. Errors: address_in_use, without `beside` also
// where another process's shared sockets are in the way (with it they cannot be told from ours, and
// are joined); permission; not_found, of a folder; invalid, where the
// machine has no such address or a file stands in the way; exhausted.
Result<std::vector<ListeningSocket>> open_listeners(const Address& address, uint32_t count,
                                                    const Claim* beside);

// Where a listening socket really listens: with its port where 0 was asked for.
Address address_of(const Descriptor& listener);

class SocketAcceptor final : public Acceptor, public EpollLoop::Handler {
 public:
  static std::unique_ptr<SocketAcceptor> watch(ListeningSocket socket, EpollLoop& loop,
                                               ReadyQueue& ready);

  ~SocketAcceptor() override;

  Result<std::unique_ptr<Stream>> accept() override;
  Address local() const override;
  void on_events(uint32_t events) override;

 private:
  SocketAcceptor(ListeningSocket socket, EpollLoop& loop, ReadyQueue& ready)
      : claim_(std::move(socket.claim)),
        socket_(std::move(socket.socket)),
        loop_(loop),
        ready_(ready) {}

  std::shared_ptr<const Claim> claim_;  // ends after the socket
  Descriptor socket_;
  EpollLoop& loop_;
  ReadyQueue& ready_;
};

}  // namespace fairlead::net
