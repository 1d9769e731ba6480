#include "proxy/http_listener.h"

#include <algorithm>
#include <ranges>

#include "proxy/visit.h"
#include "proxy/worker.h"

namespace fairlead::proxy {

net::Task<void> HttpListener::serve(std::unique_ptr<net::Stream> stream) {
  return http::H1Connection::serve(worker_.network(), std::move(stream), *this);
}

void HttpListener::opened(http::H1Connection& connection) { open_.push_back(connection); }

void HttpListener::nudge() {
  open_.for_each([](http::H1Connection& connection) { connection.nudge(); });
}

http::ConnectionOptions HttpListener::options() const {
  const core::ListenerConfig& config = *snapshot_->config;
  http::ConnectionOptions options;
  options.limits.max_head = config.http.max_header_bytes;
  options.limits.max_line = config.http.max_request_line;
  options.limits.max_fields = config.http.max_header_fields;
  options.header_timeout = config.http.header_timeout;
  options.idle_timeout = config.idle_timeout;
  options.body_timeout = config.http.body_timeout;
  return options;
}

net::Task<void> HttpListener::serve(http::Exchange& exchange) {
  Visit visit(worker_, view_, *snapshot_, exchange);
  co_await visit.run();
  visit.record();
}

void HttpListener::refused(http::Exchange& exchange, const Error& error) {
  Visit visit(worker_, view_, *snapshot_, exchange);
  visit.record_refused(error);
}

}  // namespace fairlead::proxy
