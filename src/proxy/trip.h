// Trip: what one exchange or connection came to, for its line in the access log and its numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/instant.h"

namespace fairlead::proxy {

// Views live until the line is written.
struct Trip {
  std::string_view protocol;  // http, tcp, or tls for a handshake that came to nothing
  std::string_view listener;
  std::string_view route;
  std::string_view pool;
  std::string_view backend;         // the last one tried
  std::string_view client;          // its address, or "unix:"
  uint16_t client_port = 0;         // 0: not known
  std::string_view tls;             // its version; empty: clear text
  std::string_view client_subject;  // of its certificate; empty: none was shown
  std::string_view method;
  std::string_view host;
  std::string_view target;
  std::string_view version;
  uint16_t status = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  Duration duration{};
  Duration queued{};    // for a backend with room
  Duration upstream{};  // to the response head, of the last attempt
  uint32_t attempts = 0;
  std::string_view request_id;
  std::string_view trace_id;  // empty: not looked at
  std::string_view user_agent;
  std::string_view referer;
  std::string_view error;  // the name of its code; empty: none
  std::string_view side;   // whose fault it was
  std::string detail;
};

}  // namespace fairlead::proxy
