// TestServer: answers each connection with the same bytes once a head has come. For tests alone.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "net/network.h"
#include "net/scope.h"

namespace fairlead::http {

class TestServer {
 public:
  TestServer(net::Network& network, const Address& address, std::string response)
      : network_(network),
        response_(std::move(response)),
        acceptor_(std::move(*network.listen(address))) {
    accepting_.spawn(accept());
  }

  Address address() const { return acceptor_->local(); }
  void set_response(std::string response) { response_ = std::move(response); }
  // Bytes behind the head are read, too, up to this many in all.
  void read_at_least(size_t size) { least_ = size; }
  size_t connections() const { return connections_; }
  const std::string& last_request() const { return last_request_; }

 private:
  net::Task<void> accept() {
    net::Alarm alarm(network_.wheel());
    while (true) {
      auto stream = acceptor_->accept();
      if (stream && *stream) {
        ++connections_;
        serving_.spawn(serve(std::move(*stream)));
      } else {
        co_await net::wait_for(alarm, kNever, acceptor_->acceptable());
      }
    }
  }

  net::Task<void> serve(std::unique_ptr<net::Stream> stream) {
    net::Alarm alarm(network_.wheel());
    std::string request;
    while (request.find("\r\n\r\n") == std::string::npos || request.size() < least_) {
      char bytes[4096];
      const net::Io io = stream->read(bytes);
      if (io.state == net::Io::State::end || io.state == net::Io::State::failed) co_return;
      request.append(bytes, io.count);
      if (io.state == net::Io::State::blocked)
        co_await net::wait_for(alarm, kNever, stream->readable());
    }
    last_request_ = request;
    const std::string response = response_;
    std::string_view rest = response;
    while (!rest.empty()) {
      const net::Io io = stream->write({rest.data(), rest.size()});
      if (io.state == net::Io::State::failed) co_return;
      rest.remove_prefix(io.count);
      if (io.state == net::Io::State::blocked)
        co_await net::wait_for(alarm, kNever, stream->writable());
    }
  }

  net::Network& network_;
  std::string response_;
  size_t least_ = 0;
  size_t connections_ = 0;
  std::string last_request_;
  std::unique_ptr<net::Acceptor> acceptor_;
  net::Scope serving_;
  net::Scope accepting_;
};

}  // namespace fairlead::http
