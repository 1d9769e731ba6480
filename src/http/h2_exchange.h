// H2Exchange: an Exchange over one stream of an HTTP/2 connection.
#pragma once

#include <memory>

#include "http/exchange.h"
#include "http/h2_request.h"

namespace fairlead::http {

class H2Exchange final : public Exchange {
 public:
  H2Exchange(net::Network& network, std::shared_ptr<H2Request> stream)
      : network_(network),
        stream_(std::move(stream)),
        alarm_(network.wheel()),
        scheme_(stream_->tls().is_encrypted() ? "https" : "http"),
        started_(network.now()) {}

  // What is not complete must not look whole; what the client still sends is not wanted.
  ~H2Exchange() override;

  Request& request() override { return stream_->head(); }
  Scratch& scratch() override { return stream_->scratch(); }
  void inform(const Response& head) override;
  bool upgrade(const Response& head) override;
  net::Io flush() override { return stream_->sink().flush(); }
  void tunnelled(uint64_t, uint64_t) override {}  // the stream has counted them
  // Of one exchange: the connection stays for the others.
  void close_after() override {}
  bool take_back() override { return false; }
  bool can_take_back() const override { return false; }
  void break_off() override { broken_off_ = true; }

  bool responded() const override { return status_ != 0; }
  uint16_t status() const override { return status_; }
  uint64_t bytes_out() const override { return stream_->bytes_out(); }
  uint64_t bytes_in() const override { return stream_->bytes_in(); }

  net::Stream& stream() override { return *stream_; }
  net::Network& network() override { return network_; }
  net::Alarm& alarm() override { return alarm_; }
  std::string_view scheme() const override { return scheme_; }
  std::string_view version() const override { return "HTTP/2"; }
  Instant started() const override { return started_; }

 private:
  Source& own_body() override { return stream_->source(); }
  Sink* begin_response(const Response& head) override;

  net::Network& network_;
  std::shared_ptr<H2Request> stream_;
  net::Alarm alarm_;
  std::string_view scheme_;
  Instant started_;
  uint16_t status_ = 0;
  bool broken_off_ = false;
};

}  // namespace fairlead::http
