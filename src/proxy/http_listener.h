// HttpListener: serves the connections of one HTTP listener.
#pragma once

#include <memory>

#include "http/connection.h"
#include "http/service.h"
#include "net/list.h"
#include "proxy/listener.h"

namespace fairlead::proxy {

class HttpListener final : public Listener, private http::Service {
 public:
  explicit HttpListener(Worker& worker) : Listener(worker, core::Protocol::http) {}
  ~HttpListener() override { cut(); }

 private:
  // Listener
  std::string_view answer_to_plain_http() const override;
  net::Task<void> serve(std::unique_ptr<net::Stream> stream) override;
  void nudge() override;

  // http::Service
  http::ConnectionOptions options() const override;
  bool is_draining() const override { return Listener::is_draining(); }
  net::Task<void> serve(http::Exchange& exchange) override;
  void refused(http::Exchange& exchange, const Error& error) override;

  void opened(http::Connection& connection) override;
  void closed() override { Listener::closed(); }

  net::List<http::Connection> open_;
};

}  // namespace fairlead::proxy
