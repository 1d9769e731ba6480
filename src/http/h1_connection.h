// H1Connection: a client's HTTP/1 connection, from its acceptance to its end.
//
// Reads heads, hands each exchange to the service, keeps the connection for the next one or ends it
// so that the client gets its last answer whole. While idle it holds neither a block nor a head.
#pragma once

#include <memory>
#include <string_view>

#include "http/answer.h"
#include "http/connection.h"
#include "http/exchange.h"
#include "http/h1_exchange.h"
#include "http/h1_reader.h"
#include "http/h1_writer.h"
#include "http/service.h"
#include "net/network.h"
#include "net/task.h"

namespace fairlead::http {

class H1Connection final : public Connection {
 public:
  // Serves until the connection's end. All that an idle connection costs is this task's frame and
  // its stream.
  static net::Task<void> serve(net::Network& network, std::unique_ptr<net::Stream> stream,
                               Service& service);

 private:
  H1Connection(net::Network& network, std::unique_ptr<net::Stream> stream, Service& service);
  ~H1Connection() {
    if (stream_) service_.closed();
  }

  Instant idle_deadline(Instant since);
  Instant too_old_at(const ConnectionOptions& options) const;
  net::Task<bool> serve_burst();
  enum class Head : uint8_t {
    complete,
    nothing,  // not a byte of it is here: the connection is idle
    gone,     // there is nobody to serve; what had to be said was said
    other,    // it is a connection of HTTP/2: preface_
  };
  bool speaks_http2(const H1Reader& reader) const;
  net::Task<Head> read_head(H1Exchange& exchange, H1Reader& reader);
  net::Task<bool> end_of(H1Exchange& exchange, const H1Reader& reader);
  net::Task<void> refuse_version(H1Exchange& exchange, H1Reader& reader);
  net::Task<void> refuse(H1Exchange& exchange, H1Reader& reader, Answer answer, Error error);

  Service& service_;
  std::unique_ptr<net::Stream> stream_;
  net::Alarm alarm_;
  Instant drain_seen_{};  // while idle; zero: not yet
  Instant opened_;
  std::unique_ptr<std::string> preface_;  // of HTTP/2, as far as it was read
  bool is_first_ = true;
};

}  // namespace fairlead::http
