#include "proxy/http_listener.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "http/answer.h"
#include "http/h1_connection.h"
#include "http/h2_connection.h"
#include "proxy/visit.h"
#include "proxy/worker.h"

namespace fairlead::proxy {
namespace {

// As any other request that cannot be read is answered; said before there is an exchange.
std::string plain_http_answer() {
  const http::Answer answer = http::answer_to({Code::malformed, Side::downstream, Again::no,
                                               "this port speaks HTTPS, and plain HTTP came"});
  return fmt::format(
      "HTTP/1.1 {} Bad Request\r\ncontent-type: {}\r\ncontent-length: {}\r\nconnection: close\r\n"
      "\r\n{}",
      answer.status, answer.content_type, answer.body.size(), answer.body);
}

}  // namespace

net::Task<void> HttpListener::serve(std::unique_ptr<net::Stream> stream) {
  if (stream->tls().protocol == "h2")
    return http::H2Connection::serve(worker_.network(), std::move(stream), *this);
  return http::H1Connection::serve(worker_.network(), std::move(stream), *this);
}

std::string_view HttpListener::answer_to_plain_http() const {
  static const std::string text = plain_http_answer();
  return text;
}

void HttpListener::opened(http::Connection& connection) { open_.push_back(connection); }

void HttpListener::nudge() {
  open_.for_each([](http::Connection& connection) { connection.nudge(); });
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
  options.max_age = config.http.max_connection_age;
  options.http1 = config.http.versions.http1;
  options.http2 = config.http.versions.http2;
  options.max_streams = config.http.max_streams;
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
