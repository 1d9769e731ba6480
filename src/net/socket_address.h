// Between our Address and the kernel's sockaddr.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/address.h"

namespace fairlead::net {

// A sockaddr of any of the three families that we use.
union AnySockaddr {
  sockaddr_storage whole;  // first: it is what {} clears, to the last byte
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un unix_path;
};

struct SocketAddress {
  AnySockaddr value{};
  socklen_t size = sizeof(AnySockaddr);
  int family() const { return value.any.sa_family; }
};

// IPv4 as AF_INET, everything else as AF_INET6 or AF_UNIX.
SocketAddress to_socket_address(const Address& address);
// A Unix peer without a name gives an Address with an empty path.
Address to_address(const SocketAddress& from);

}  // namespace fairlead::net
