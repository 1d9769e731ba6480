// What a tcp listener cannot use: said rather than silently left aside.
#pragma once

#include "core/config/reader.h"

namespace fairlead::core {

// Reports settings of the listener and of its route that mean nothing without HTTP.
// REQUIRES: listener.protocol == Protocol::tcp.
void check_tcp_listener(const ListenerConfig& listener, const Node& node, Reader& reader);

}  // namespace fairlead::core
