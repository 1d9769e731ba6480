// What every request that is passed on gets and loses on its way to the backend.
//
// Done once, before routing: the path is normalised (the one that rules match is the one that is
// sent), who asked is written down (X-Forwarded-*), and the request gets its id. What untrusted
// peers say about those things is removed.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "core/config/config.h"
#include "http/exchange.h"

namespace fairlead::proxy {

// What the routes match and the log says, as views into the exchange.
struct Prepared {
  std::string_view host;  // in lower case, without the port
  std::string_view path;  // normalised, without the query
  std::string_view request_id;
  Ip client;             // behind trusted proxies, if any
  bool explain = false;  // a trusted peer wants to know why it goes where it goes
};

// Edits the exchange's request. Error (downstream's fault): it must be refused, `detail` says why.
Result<Prepared> prepare(http::Exchange& exchange, const Address& peer,
                         const core::HttpLimits& limits, std::span<const Subnet> trusted,
                         Random& random);

}  // namespace fairlead::proxy
