#include "net/socket_address.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace fairlead::net {

SocketAddress to_socket_address(const Address& address) {
  SocketAddress result;
  if (address.is_unix()) {
    auto& to = result.value.unix_path;
    to.sun_family = AF_UNIX;
    const size_t size = std::min(address.path().size(), sizeof to.sun_path - 1);
    std::memcpy(to.sun_path, address.path().data(), size);
    result.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size + 1);
    return result;
  }
  const auto& bytes = address.ip().bytes();
  if (address.ip().is_v4()) {
    auto& to = result.value.v4;
    to.sin_family = AF_INET;
    to.sin_port = htons(address.port());
    std::memcpy(&to.sin_addr, bytes.data() + 12, 4);
    result.size = sizeof to;
  } else {
    auto& to = result.value.v6;
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(address.port());
    std::memcpy(&to.sin6_addr, bytes.data(), 16);
    result.size = sizeof to;
  }
  return result;
}

Address to_address(const SocketAddress& from) {
  if (from.family() == AF_INET) {
    std::array<uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &from.value.v4.sin_addr, 4);
    return {Ip::v4(bytes), ntohs(from.value.v4.sin_port)};
  }
  if (from.family() == AF_INET6) {
    std::array<uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &from.value.v6.sin6_addr, 16);
    return {Ip::v6(bytes), ntohs(from.value.v6.sin6_port)};
  }
  const size_t prefix = offsetof(sockaddr_un, sun_path);
  if (from.size <= prefix) return Address::unix_path("");
  const char* path = from.value.unix_path.sun_path;
  return Address::unix_path(std::string(path, strnlen(path, from.size - prefix)));
}

}  // namespace fairlead::net
