#include "net/socket_stream.h"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

#include "net/kernel_error.h"
#include "net/socket_address.h"

namespace fairlead::net {

SocketStream::SocketStream(Descriptor socket, const Address& peer, bool is_connected,
                           ReadyQueue& ready)
    : ready_(ready), peer_(peer), socket_(std::move(socket)), is_connected_(is_connected) {
  // An accepted socket can be written at once; what there is to read, epoll says.
  if (is_connected) writable_.set_quietly();
}

std::unique_ptr<SocketStream> SocketStream::watch(Descriptor socket, const Address& peer,
                                                  bool is_connected, EpollLoop& loop,
                                                  ReadyQueue& ready) {
  std::unique_ptr<SocketStream> stream(
      new SocketStream(std::move(socket), peer, is_connected, ready));
  if (!loop.add(stream->socket_.get(), *stream)) return nullptr;
  return stream;
}

std::unique_ptr<SocketStream> SocketStream::accepted(Descriptor socket, const Address& peer,
                                                     EpollLoop& loop, ReadyQueue& ready) {
  std::unique_ptr<SocketStream> stream(new SocketStream(std::move(socket), peer, true, ready));
  stream->readable_.set_quietly();
  loop.add_later(stream->socket_.get(), *stream);
  return stream;
}

void SocketStream::on_events(uint32_t events) {
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) peer_ended_ = true;
    readable_.set(ready_);
  }
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) writable_.set(ready_);
  if (events & (EPOLLHUP | EPOLLERR)) broken_.set(ready_);
}

Io SocketStream::read(std::span<char> into) {
  if (!readable_.is_set()) {
    hurry();
    return Io::blocked();
  }
  const ssize_t count = recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT);
  if (count > 0) {
    // A short read has drained the socket: the next byte makes a new edge. Not so once the peer has
    // ended: that edge is spent, and the end is still to be read.
    if (static_cast<size_t>(count) < into.size() && !peer_ended_) readable_.clear();
    return Io::done(static_cast<size_t>(count));
  }
  if (count == 0) return has_failed() ? Io::failed(Code::reset) : Io::end();
  if (errno == EAGAIN || errno == EINTR) {
    hurry();
    readable_.clear();
    return Io::blocked();
  }
  set_failed();
  return Io::failed(Code::reset);
}

Io SocketStream::write(std::span<const char> from) {
  // An answer: what lasts behind it waits for more.
  hurry();
  if (!writable_.is_set()) return Io::blocked();
  const ssize_t count = send(socket_.get(), from.data(), from.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count >= 0) {
    if (static_cast<size_t>(count) < from.size()) writable_.clear();
    return Io::done(static_cast<size_t>(count));
  }
  if (errno == EAGAIN || errno == EINTR) {
    writable_.clear();
    return Io::blocked();
  }
  // EPIPE: the peer had ended before, and said so in order; what it sent can still be read.
  if (errno != EPIPE) set_failed();
  // Whatever the kernel's reason: the words for a failed connect must not be used for a broken one,
  // or work that was sent would be taken for work that was not.
  return Io::failed(Code::reset);
}

Io SocketStream::connected() {
  if (is_connected_) return Io::done(0);
  if (broken_.is_set()) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    return Io::failed(code_of_errno(error ? error : ECONNRESET));
  }
  if (!writable_.is_set()) return Io::blocked();
  is_connected_ = true;
  return Io::done(0);
}

bool SocketStream::is_quiet() {
  char byte;
  return recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

size_t SocketStream::in_flight() const {
  int unacknowledged = 0;
  if (ioctl(socket_.get(), SIOCOUTQ, &unacknowledged) != 0) return 0;
  return static_cast<size_t>(unacknowledged);
}

void SocketStream::shutdown_write() { shutdown(socket_.get(), SHUT_WR); }

void SocketStream::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

Address SocketStream::local() const {
  SocketAddress address;
  if (getsockname(socket_.get(), &address.value.any, &address.size) != 0) return {};
  return to_address(address);
}

}  // namespace fairlead::net
