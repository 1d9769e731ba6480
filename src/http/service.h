// Service: who answers the exchanges of a listener. Implemented by proxy/ for traffic and by
// control/ for the admin address.
#pragma once

#include <string_view>

#include "base/instant.h"
#include "http/exchange.h"
#include "net/task.h"
#include "wire/http1_head.h"

namespace fairlead::http {

class Connection;

// The defaults are for a service of our own; a listener's stand in core/config/config.h.
struct ConnectionOptions {
  wire::http1::Limits limits;
  Duration header_timeout =
      10s;  // from the first byte to the whole head; as long for the first byte of a connection
  Duration idle_timeout = 60s;  // between two requests
  Duration body_timeout =
      30s;             // each stretch that the client keeps us waiting in an answer of ours
  Duration max_age{};  // of a connection, then it ends behind what runs; 0: no limit
  bool http1 = true;   // which versions are spoken
  bool http2 = false;
  uint32_t max_streams = 100;  // at once on one connection of HTTP/2
};

// Who answers. Outlives its connections.
class Service {
 public:
  virtual ~Service() = default;
  // As they are now; asked before each request.
  virtual ConnectionOptions options() const = 0;
  // Whether connections are to end: idle ones soon, the others behind their exchange.
  virtual bool is_draining() const = 0;
  // Answers. A task that ends without a response breaks the connection off.
  virtual net::Task<void> serve(Exchange& exchange) = 0;
  // A request that was answered here because it could not be read: for logs and numbers. Of its
  // head there are method_text, target and authority, as far as they were read, and raw
  // (http1_glimpse.h).
  virtual void refused(Exchange& exchange, const Error& error) = 0;
  // The first and the last that is heard of a connection. One that is open may be kept in a List.
  virtual void opened(Connection&) {}
  virtual void closed() {}
};

}  // namespace fairlead::http
