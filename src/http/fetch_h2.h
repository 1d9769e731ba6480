// fetch_h2: as fetch.h, over HTTP/2: with prior knowledge in clear text (RFC 9113 3.3), by ALPN over
// TLS, never by an upgrade.
//
// For gRPC, which has no other HTTP. One request on a connection of its own; pushes are refused.
#pragma once

#include "http/fetch.h"

namespace fairlead::http {

// As fetch(); trailers stand behind the header fields. Malformed also where the server breaks the
// stream off, says that it goes away, or answers with HTTP/1. Cost: a connection and a session of
// nghttp2.
net::Task<Result<Fetched>> fetch_h2(net::Network& network, Address address, FetchRequest request,
                                    Instant deadline, size_t max_body,
                                    std::shared_ptr<net::TlsClient> tls = {});

}  // namespace fairlead::http
