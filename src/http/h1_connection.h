// H1Connection: a client's HTTP/1 connection, from its acceptance to its end.
//
// Reads heads, hands each exchange to the service, keeps the connection for the next one or ends it
// so that the client gets its last answer whole. While idle it holds neither a block nor a head.
#pragma once

#include <memory>
#include <string_view>

#include "http/answer.h"
#include "http/exchange.h"
#include "http/h1_exchange.h"
#include "http/h1_reader.h"
#include "http/h1_writer.h"
#include "net/network.h"
#include "net/task.h"

namespace fairlead::http {

struct ConnectionOptions {
  wire::http1::Limits limits;
  Duration header_timeout = 10s;   // from the first byte (of the first request: from acceptance) to the whole head
  Duration idle_timeout = 60s;     // between two requests
  Duration body_timeout = 30s;     // each stretch that the client keeps us waiting in an answer of ours
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
  // A request that was answered here because it could not be read: for logs and numbers.
  virtual void refused(Exchange& exchange, std::string_view detail) = 0;
};

class H1Connection {
 public:
  H1Connection(net::Network& network, std::unique_ptr<net::Stream> stream, Service& service)
      : network_(network),
        service_(service),
        stream_(std::move(stream)),
        alarm_(network.wheel()),
        reader_(*stream_, Side::downstream, H1Reader::Keep::head_until_next, service.options().limits),
        writer_(*stream_) {}

  // Serves until the connection's end.
  net::Task<void> run();
  // Draining has begun: an idle connection is to look up.
  void nudge() { nudge_.set(network_.ready()); }

  net::Stream& stream() { return *stream_; }
  uint64_t bytes_in() const { return reader_.bytes_read(); }
  uint64_t bytes_out() const { return writer_.bytes_written(); }

 private:
  net::Task<bool> wait_for_request();
  net::Task<bool> serve_one();
  net::Task<bool> read_head(H1Exchange& exchange);
  net::Task<void> refuse(H1Exchange& exchange, Answer answer, std::string detail);
  net::Task<void> linger();

  net::Network& network_;
  Service& service_;
  std::unique_ptr<net::Stream> stream_;
  net::Alarm alarm_;
  net::Event nudge_;
  H1Reader reader_;
  H1Writer writer_;
  bool is_first_ = true;
};

}  // namespace fairlead::http
