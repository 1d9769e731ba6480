// Who the client is and how it came, and whose word is taken for it (docs/client-address.md).
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/address.h"

namespace fairlead::http {

bool is_any_of(std::span<const Subnet> networks, const Ip& ip);

// The address of a hop as proxies write it: "192.0.2.1", "2001:db8::1", "[2001:db8::1]", and each
// but the second with ":PORT", which is left out. Nothing for "unknown", "_hidden" and the like.
std::optional<Ip> ip_of_node(std::string_view node);

// "http" or "https", of whatever scheme or of WebSocket's; "" for any other text.
std::string_view scheme_of(std::string_view proto);

// What trusted proxies tell of the client. Views of what it was read from; empty: nobody said.
struct Asker {
  Ip ip = {};
  std::string_view scheme = {};
  std::string_view host = {};  // with its port, as sent
  bool by_forwarded = false;   // it was Forwarded that was read
};

// By X-Forwarded-For, all of its fields joined: from its end, the first address that is not a
// trusted proxy; what cannot be read hides all that is left of it. `peer` is trusted.
Ip client_of_chain(const Ip& peer, std::string_view chain, std::span<const Subnet> trusted);

// The same by Forwarded, joined. Scheme and host are of the outermost trusted proxy that names
// them.
Asker asker_of_forwarded(const Ip& peer, std::string_view value, std::span<const Subnet> trusted);

}  // namespace fairlead::http
