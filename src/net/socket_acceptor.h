// SocketAcceptor: a listening TCP or Unix socket of the kernel.
#pragma once

#include <memory>

#include "net/descriptor.h"
#include "net/epoll_loop.h"
#include "net/stream.h"

namespace fairlead::net {

// Opens a listening socket that is not yet watched by any loop, so that one thread can open the
// sockets of all workers before any of them starts. With `shared` several sockets may listen at one
// address and the kernel spreads connections over them (SO_REUSEPORT); Unix sockets cannot.
// address_in_use also where only another process's shared socket is in the way: `first` asks for
// that check, and is said of the first socket at an address.
Result<Descriptor> open_listener(const Address& address, bool shared, bool first);

// Where a listening socket really listens: with its port where 0 was asked for.
Address address_of(const Descriptor& listener);

class SocketAcceptor final : public Acceptor, public EpollLoop::Handler {
 public:
  static std::unique_ptr<SocketAcceptor> watch(Descriptor socket, EpollLoop& loop,
                                               ReadyQueue& ready);

  Result<std::unique_ptr<Stream>> accept() override;
  Address local() const override;
  void on_events(uint32_t events) override;

 private:
  SocketAcceptor(Descriptor socket, EpollLoop& loop, ReadyQueue& ready)
      : socket_(std::move(socket)), loop_(loop), ready_(ready) {}

  Descriptor socket_;
  EpollLoop& loop_;
  ReadyQueue& ready_;
};

}  // namespace fairlead::net
