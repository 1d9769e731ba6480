// tls_connect: a connected stream, through the handshake of a client, into an encrypted one.
// dial_tls: both steps, or the first alone where there is nobody to speak TLS with.
#pragma once

#include <memory>

#include "net/dial.h"
#include "net/tls_stream.h"

namespace fairlead::net {

// `peer`: the address that it was connected to: whose sessions are resumed, and, without a
// server_name, who must be named in the certificate.
// Errors, upstream's fault, with words, `again` yes: permission (the certificate), unsupported
// (nothing in common, ALPN included), version_unsupported, malformed (no TLS), closed (the server
// refused, or closed it), reset, connect_timeout (not done by the deadline). Of `stops`: as dial().
Task<Result<std::unique_ptr<TlsStream>>> tls_connect(Network& network,
                                                     std::unique_ptr<Stream> below,
                                                     std::shared_ptr<TlsClient> client,
                                                     Address peer, Protocols protocols,
                                                     Instant deadline, Stops stops = {});

// How to speak with whom one connects to.
struct TlsWish {
  std::shared_ptr<TlsClient> client{};  // null: in clear text
  Protocols protocols{};
};

Task<Result<std::unique_ptr<Stream>>> dial_tls(Network& network, Address address, TlsWish wish,
                                               Instant deadline, Stops stops = {});

}  // namespace fairlead::net
