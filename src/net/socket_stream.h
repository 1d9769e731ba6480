// SocketStream: a Stream over a TCP or Unix socket of the kernel.
#pragma once

#include <memory>

#include "net/descriptor.h"
#include "net/epoll_loop.h"
#include "net/stream.h"

namespace fairlead::net {

class SocketStream final : public Stream, public EpollLoop::Newcomer {
 public:
  // Takes over a non-blocking socket that is connected or connecting to `peer`. Null with errno set
  // where the loop cannot watch it.
  static std::unique_ptr<SocketStream> watch(Descriptor socket, const Address& peer,
                                             bool is_connected, EpollLoop& loop, ReadyQueue& ready);

  // Of a connection just accepted: its first bytes are probably here already, so the first read is
  // tried without waiting to be told, and the loop hears of it only when it lasts.
  static std::unique_ptr<SocketStream> accepted(Descriptor socket, const Address& peer,
                                                EpollLoop& loop, ReadyQueue& ready);

  Io read(std::span<char> into) override;
  Io write(std::span<const char> from) override;
  Io connected() override;
  void watch_now() override { hurry(); }
  bool is_quiet() override;
  size_t in_flight() const override;
  void shutdown_write() override;
  void reset() override;
  Address peer() const override { return peer_; }
  Address local() const override;
  int descriptor() const override { return socket_.get(); }

  void on_events(uint32_t events) override;

 private:
  SocketStream(Descriptor socket, const Address& peer, bool is_connected, ReadyQueue& ready);

  ReadyQueue& ready_;
  Address peer_;
  Descriptor socket_;
  bool is_connected_;
  bool peer_ended_ = false;  // the end, or an error, is behind what is still to read
};

}  // namespace fairlead::net
