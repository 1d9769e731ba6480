// HttpListener: serves the connections of one HTTP listener.
#pragma once

#include <memory>

#include "http/h1_connection.h"
#include "net/list.h"
#include "proxy/listener.h"

namespace fairlead::proxy {

class HttpListener final : public Listener, private http::Service {
 public:
  explicit HttpListener(Worker& worker) : Listener(worker, core::Protocol::http) {}
  ~HttpListener() override { cut(); }

 private:
  friend class Visit;
  // A connection in the list of those to be nudged.
  struct Connection : net::Link {
    Connection(net::Network& network, std::unique_ptr<net::Stream> stream, http::Service& service)
        : http(network, std::move(stream), service) {}
    http::H1Connection http;
  };

  // Listener
  net::Task<void> serve(std::unique_ptr<net::Stream> stream, Presence presence) override;
  void nudge() override;

  // http::Service
  http::ConnectionOptions options() const override;
  bool is_draining() const override { return Listener::is_draining(); }
  net::Task<void> serve(http::Exchange& exchange) override;
  void refused(http::Exchange& exchange, std::string_view detail) override;

  net::List<Connection> open_;
};

}  // namespace fairlead::proxy
