// Who asked, told to the backend: X-Forwarded-*, Forwarded, X-Client-Cert-* and X-Request-ID, taken
// out and said anew.
//
// What a stranger says of himself goes no further, in whatever spelling. What a trusted proxy says
// is kept and built on (docs/client-address.md).
#pragma once

#include <span>
#include <string_view>

#include "base/address.h"
#include "base/random.h"
#include "http/message.h"
#include "http/prepared.h"
#include "http/scratch.h"
#include "net/stream.h"

namespace fairlead::http {

// What a client on a Unix socket is called: it has no address.
inline constexpr std::string_view kUnixClient = "unix:";

// How a request came to us. Views.
struct Reception {
  const Address& peer;
  std::string_view scheme;          // on our side of the connection: http or https
  std::span<const Subnet> trusted;  // the proxies whose word is taken
  net::TlsFacts tls = {};           // of the connection
};

// Edits the request and fills in `prepared`: its client, scheme, outside_host (host is there
// already), request_id and explain. False: the head has no room for another field.
// Cost: one pass over the fields; texts are made in the scratch.
bool tell_who_asked(Request& request, Scratch& scratch, const Reception& reception, Random& random,
                    Prepared& prepared);

// "Shop.Example.:8080" -> "shop.example"; "[::1]:80" -> "[::1]".
std::string_view host_of(std::string_view authority, Scratch& scratch);

// A peer's address as the log and templates show it.
std::string_view client_text(const Address& peer, Scratch& scratch);

}  // namespace fairlead::http
