// The hash key of a request or connection, for pools whose balancer wants one.
#pragma once

#include "core/config/config.h"
#include "core/hash_key.h"
#include "core/json_text.h"
#include "http/exchange.h"
#include "http/prepared.h"
#include "net/stream.h"

namespace fairlead::proxy {

// None where the algorithm takes no key: nothing is looked up then. `body`: null where it is no
// JSON, or nobody has looked.
core::Key key_of(const core::BalanceConfig& balance, http::Exchange& exchange,
                 const http::Prepared& prepared, const core::JsonText* body);

// Whether a key or its fallback is in the body.
template <typename Config>
bool asks_for_body(const Config& config) {
  return config.key &&
         (config.key->part == core::KeyPart::body || config.fallback.part == core::KeyPart::body);
}

// What a client is placed by on a side of a split. REQUIRES: side.key.
core::Key key_of(const core::SideConfig& side, http::Exchange& exchange,
                 const http::Prepared& prepared, const core::JsonText* body);

// Of a connection without HTTP, which has addresses and nothing else.
core::Key key_of(const core::BalanceConfig& balance, const net::Stream& stream);

}  // namespace fairlead::proxy
