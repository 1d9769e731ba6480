// tls_accept: a stream that was accepted, through the handshake, into an encrypted one.
#pragma once

#include <memory>
#include <string_view>

#include "net/network.h"
#include "net/tls_stream.h"

namespace fairlead::net {

// Error: downstream's fault, in words; the connection is closed. `timeout`: not done by the
// deadline. `answer_to_http`: what a client that speaks HTTP without TLS is told; empty: nothing.
// The text outlives the task. `displaced`: set where others are to have its place: overloaded,
// ours.
Task<Result<std::unique_ptr<Stream>>> tls_accept(Network& network, std::unique_ptr<Stream> below,
                                                 std::shared_ptr<const TlsServer> server,
                                                 Instant deadline,
                                                 std::string_view answer_to_http = {},
                                                 Event* displaced = nullptr);

}  // namespace fairlead::net
