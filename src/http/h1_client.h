// H1Client: our side of one HTTP/1 connection to a backend.
//
// One exchange at a time.
#pragma once

#include <memory>

#include "http/client.h"
#include "http/h1_reader.h"
#include "http/h1_writer.h"
#include "net/stream.h"

namespace fairlead::http {

class H1Client final : public Client {
 public:
  // `limits`: of response heads. The stream is connected.
  H1Client(std::unique_ptr<net::Stream> stream, const wire::http1::Limits& limits)
      : stream_(std::move(stream)),
        reader_(*stream_, Side::upstream, H1Reader::Keep::nothing, limits),
        writer_(*stream_) {}

  bool send(const Request& request, std::string_view default_host) override;
  Sink& sink() override { return writer_; }
  HeadState read_head(Response& head) override;
  bool may_have_head() override { return reader_.has_bytes() || stream_->readable().is_set(); }
  Source& source() override { return reader_; }
  const Error& error() const override { return reader_.error(); }
  void become_tunnel() override;
  Again again() const override;
  bool is_reusable() override;
  void next() override;
  net::Stream& stream() override { return *stream_; }

 private:
  std::unique_ptr<net::Stream> stream_;
  H1Reader reader_;
  H1Writer writer_;
  Method method_ = Method::other;
  bool keep_alive_ = false;
  uint64_t sent_before_ = 0;  // this exchange
  uint64_t received_before_ = 0;
};

}  // namespace fairlead::http
