// Sockets on 127.0.0.1 and the bytes that travel over them, shared by generator and backend.
//
// Where it stands: under both programs of the benchmark. It refuses every address but the loopback:
// there is no way to name another host.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>

namespace fairlead::bench {

// The body of every response and the content of every bulk transfer repeats this many bytes: a
// prime, so that a piece lost or repeated at any buffer boundary shifts the pattern and is noticed.
inline constexpr size_t kPatternPeriod = 8191;

// The first `length` bytes of the content.
inline std::string pattern(size_t length) {
  std::string bytes(length, '\0');
  for (size_t i = 0; i < length; ++i) bytes[i] = static_cast<char>('!' + i % kPatternPeriod % 89);
  return bytes;
}

inline sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Nagle's delay would measure itself.
inline void send_at_once(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// A listening socket on 127.0.0.1:`port`, or -1 with errno set.
inline int listen_on(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  send_at_once(fd);  // inherited by what is accepted
  sockaddr_in address = loopback(port);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      listen(fd, 4096) == 0) {
    return fd;
  }
  close(fd);
  return -1;
}

// A socket whose connection to 127.0.0.1:`port` is made or under way, or -1 with errno set.
inline int connect_to(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  send_at_once(fd);
  sockaddr_in address = loopback(port);
  int status = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  if (status == 0 || errno == EINPROGRESS) return fd;
  close(fd);
  return -1;
}

}  // namespace fairlead::bench
