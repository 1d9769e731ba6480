// Who asked, told to the backend: X-Forwarded-*, Forwarded and X-Request-ID, taken out and said
// anew.
//
// What a stranger says of himself goes no further, in whatever spelling. What a trusted proxy says
// is kept and built on (docs/client-address.md).
#pragma once

#include <span>
#include <string_view>

#include "base/random.h"
#include "http/exchange.h"
#include "proxy/prepared.h"
#include "proxy/trip.h"

namespace fairlead::proxy {

// Edits the exchange's request and fills in `prepared`: its client, scheme, outside_host (host is
// there already) and request_id. False: the head has no room for another field.
// Cost: one pass over the fields; texts are made in the exchange's scratch.
bool tell_who_asked(http::Exchange& exchange, const Address& peer, std::span<const Subnet> trusted,
                    Random& random, Prepared& prepared);

// "Shop.Example.:8080" -> "shop.example"; "[::1]:80" -> "[::1]".
std::string_view host_of(std::string_view authority, http::Scratch& scratch);

// A peer's address as the log and templates show it.
std::string_view client_text(const Address& peer, http::Scratch& scratch);

}  // namespace fairlead::proxy
