// H2Connection: a client's HTTP/2 connection, from its first frame to its end.
//
// One task moves the connection's frames, one more serves each exchange. It ends when the client
// leaves, keeps it idle for too long, breaks the protocol or costs more than it brings; and, told
// so beforehand (GOAWAY), when its listener drains or the connection is old.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/connection.h"
#include "http/h2_request.h"
#include "http/h2_session.h"
#include "http/service.h"
#include "net/scope.h"

namespace fairlead::http {

// How each connection begins (RFC 9113 3.4).
inline constexpr std::string_view kH2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

class H2Connection final : public Connection, private H2Session {
 public:
  // Serves until the connection's end. `first`: what was read of it already.
  static net::Task<void> serve(net::Network& network, std::unique_ptr<net::Stream> stream,
                               Service& service, std::string first = {});

 private:
  friend class H2Request;
  H2Connection(net::Network& network, std::unique_ptr<net::Stream> stream, Service& service);
  ~H2Connection() override;

  net::Task<void> run(std::string first);
  std::shared_ptr<H2Stream> begin(int32_t id) override;
  void begin_exchange(H2Request& request);
  void serve_begun();
  net::Task<void> serve_one(std::shared_ptr<H2Request> request);
  bool is_leaving();
  void leave();
  Instant deadline();
  bool is_late();
  Instant idle_deadline();

  Service& service_;
  net::Alarm alarm_;
  std::vector<std::shared_ptr<H2Request>> begun_;  // since the last turn
  size_t live_ = 0;                                // exchanges that are being served
  Instant opened_;
  Instant idle_since_;
  Instant leaving_since_ = kNever;  // the client was told that we are about to go
  bool said_goodbye_ = false;       // and which of its streams is the last
  net::Scope exchanges_;            // last: they use all the others
};

}  // namespace fairlead::http
