#include "net/kernel_error.h"

#include <cerrno>
#include <cstring>

namespace fairlead::net {

Code code_of_errno(int error) {
  switch (error) {
    case ECONNREFUSED: return Code::refused;
    case ENOENT: return Code::not_found;  // the Unix socket, or its folder
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN: return Code::unreachable;
    case ETIMEDOUT: return Code::connect_timeout;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
    case ENOTCONN: return Code::reset;
    case EADDRINUSE: return Code::address_in_use;
    case EACCES:
    case EPERM: return Code::permission;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EINVAL: return Code::invalid;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EAGAIN: return Code::exhausted;
    default: return Code::internal;
  }
}

std::string describe_errno(int error) {
  const char* name = strerrorname_np(error);
  const char* text = strerrordesc_np(error);
  if (!name || !text) return "errno " + std::to_string(error);
  return std::string(text) + " (" + name + ")";
}

}  // namespace fairlead::net
