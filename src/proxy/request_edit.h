// What every request that is passed on gets and loses on its way to the backend.
//
// Done once, before routing: the path is normalised (the one that rules match is the one that is
// sent), who asked is written down (X-Forwarded-*), and the request gets its id. What untrusted
// peers say about those things is removed (docs/client-address.md).
#pragma once

#include <span>

#include "base/random.h"
#include "base/result.h"
#include "core/config/config.h"
#include "http/exchange.h"
#include "proxy/prepared.h"

namespace fairlead::proxy {

// Edits the exchange's request. Error (downstream's fault): it must be refused, `detail` says why.
Result<Prepared> prepare(http::Exchange& exchange, const Address& peer,
                         const core::HttpLimits& limits, std::span<const Subnet> trusted,
                         Random& random);

}  // namespace fairlead::proxy
