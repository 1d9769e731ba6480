// Prepared: what is known of a request when it has been prepared (prepare.h): what the routes
// match, the templates fill in and the log says.
#pragma once

#include <string_view>

#include "base/address.h"
#include "http/message.h"

namespace fairlead::http {

// Views into the exchange.
struct Prepared {
  std::string_view host;  // in lower case, without the port
  std::string_view path;  // normalised, without the query
  std::string_view request_id;
  Ip client;                     // behind trusted proxies, if any; :: on a Unix socket
  std::string_view client_text;  // the same in words, "unix:" there; empty: not known yet
  // How the client came, as trusted proxies tell it, for templates: "http" or "https", and the host
  // that it named, in lower case, without the port.
  std::string_view scheme;
  std::string_view outside_host;
  bool explain = false;  // a trusted peer wants to know why it goes where it goes
};

// Whether prepare() (prepare.h) took the field out: it is there, and neither passed on nor to
// be believed.
inline bool is_taken_out(const Field& field) {
  return wire::http1::says_who_asked(field.id) && field.hop_by_hop;
}

}  // namespace fairlead::http
