// Who the client is, and whose word is taken for it.
#pragma once

#include <span>

#include "base/address.h"
#include "http/message.h"

namespace fairlead::http {

bool is_any_of(std::span<const Subnet> networks, const Ip& ip);

// The client's address as routes and logs know it: the peer, unless that is a trusted proxy; then
// the last address of X-Forwarded-For that is not a trusted proxy itself.
Ip client_of(const Ip& peer, const Fields& fields, std::span<const Subnet> trusted);

}  // namespace fairlead::http
