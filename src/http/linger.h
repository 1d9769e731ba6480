// Lingering: how a connection ends so that the peer gets our last bytes.
#pragma once

#include "net/network.h"
#include "net/stream.h"
#include "net/task.h"

namespace fairlead::http {

// Ends our direction, then reads over what the peer still sends: its kernel would answer a reset
// with throwing our last bytes away (RFC 9112 9.6). Bounded in time and bytes.
net::Task<void> linger(net::Network& network, net::Alarm& alarm, net::Stream& stream);

}  // namespace fairlead::http
