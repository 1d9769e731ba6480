#include "base/result.h"

namespace fairlead {

std::string_view name_of(Code code) {
  switch (code) {
    case Code::malformed: return "malformed";
    case Code::too_large: return "too-large";
    case Code::unsupported: return "unsupported";
    case Code::version_unsupported: return "version-unsupported";
    case Code::body_too_large: return "body-too-large";
    case Code::refused: return "refused";
    case Code::unreachable: return "unreachable";
    case Code::connect_timeout: return "connect-timeout";
    case Code::tls_handshake: return "tls-handshake";
    case Code::reset: return "reset";
    case Code::closed: return "closed";
    case Code::timeout: return "timeout";
    case Code::no_route: return "no-route";
    case Code::misdirected: return "misdirected";
    case Code::no_backend: return "no-healthy-backend";
    case Code::queue_full: return "queue-full";
    case Code::queue_timeout: return "queue-timeout";
    case Code::overloaded: return "overloaded";
    case Code::route_full: return "route-full";
    case Code::maintenance: return "maintenance";
    case Code::draining: return "draining";
    case Code::cancelled: return "cancelled";
    case Code::address_in_use: return "address-in-use";
    case Code::permission: return "permission";
    case Code::not_found: return "not-found";
    case Code::exhausted: return "exhausted";
    case Code::invalid: return "invalid";
    case Code::internal: return "internal";
  }
  return "internal";
}

std::string_view name_of(Side side) {
  switch (side) {
    case Side::downstream: return "downstream";
    case Side::upstream: return "upstream";
    case Side::internal: return "internal";
  }
  return "internal";
}

}  // namespace fairlead
