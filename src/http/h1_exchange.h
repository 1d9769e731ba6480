// H1Exchange: an Exchange over one HTTP/1 connection.
#pragma once

#include "http/exchange.h"
#include "http/h1_reader.h"
#include "http/h1_writer.h"
#include "http/message_pool.h"
#include "http/service.h"

namespace fairlead::http {

// What an exchange borrows from its connection.
struct H1Parts {
  net::Network& network;
  net::Stream& stream;
  net::Alarm& alarm;
  H1Reader& reader;
  H1Writer& writer;
  const Service& service;
};

class H1Exchange final : public Exchange {
 public:
  explicit H1Exchange(const H1Parts& parts)
      : parts_(parts),
        request_(take_request()),
        started_(parts.network.now()),
        used_before_(parts.reader.bytes_used()),
        written_before_(parts.writer.bytes_written()) {}

  // A response that was begun and not completed must not look whole, however the exchange ends.
  ~H1Exchange() override {
    if (responded() && !is_complete()) parts_.stream.reset();
  }

  Request& request() override { return *request_; }
  Scratch& scratch() override { return scratch_; }
  void inform(const Response& head) override;
  bool upgrade(const Response& head) override;
  net::Io flush() override { return parts_.writer.flush(); }
  void tunnelled(uint64_t bytes_in, uint64_t bytes_out) override;
  void close_after() override { keep_alive_ = false; }
  bool take_back() override;
  bool can_take_back() const override {
    return may_take_back_ && !broken_off_ && parts_.writer.bytes_written() == written_at_response_;
  }
  void break_off() override { broken_off_ = true; }

  bool responded() const override { return status_ != 0; }
  uint16_t status() const override { return status_; }
  uint64_t bytes_out() const override {
    return parts_.writer.bytes_written() - written_before_ + tunnelled_out_;
  }
  uint64_t bytes_in() const override {
    return parts_.reader.bytes_used() - used_before_ + tunnelled_in_;
  }
  net::Stream& stream() override { return parts_.stream; }
  net::Network& network() override { return parts_.network; }
  net::Alarm& alarm() override { return parts_.alarm; }
  std::string_view scheme() const override {
    return parts_.stream.tls().is_encrypted() ? "https" : "http";
  }
  std::string_view version() const override {
    return request_->minor == 0 ? "HTTP/1.0" : "HTTP/1.1";
  }
  Instant started() const override { return started_; }

  // The head is there: what is asked of the connection is known.
  void head_complete() { keep_alive_ = request_->keep_alive; }
  bool is_complete() const {
    return responded() && !broken_off_ && (tunnelled_ || parts_.writer.is_finished());
  }
  // Whether the next request may follow on this connection.
  bool keeps_alive() const { return is_complete() && keep_alive_ && parts_.reader.at_end(); }

 private:
  Source& own_body() override { return parts_.reader; }
  Sink* begin_response(const Response& head) override;
  void note_response(uint16_t status);

  H1Parts parts_;
  PooledRequest request_;
  Scratch scratch_;
  Instant started_;
  uint64_t used_before_;
  uint64_t written_before_;
  uint16_t status_ = 0;
  bool keep_alive_ = false;
  bool may_take_back_ = false;  // the response is all that waits in the writer, if it still does
  uint64_t written_at_response_ = 0;
  bool broken_off_ = false;
  bool tunnelled_ = false;
  uint64_t tunnelled_in_ = 0;
  uint64_t tunnelled_out_ = 0;
};

}  // namespace fairlead::http
