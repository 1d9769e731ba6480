// H2Client: our side of one exchange on a connection of HTTP/2 to a backend.
#pragma once

#include <memory>

#include "http/client.h"
#include "http/h2_response.h"

namespace fairlead::http {

class H2ClientConnection;

class H2Client final : public Client {
 public:
  explicit H2Client(H2ClientConnection& connection);
  // What is not at its end is broken off.
  ~H2Client() override;

  bool send(const Request& request, std::string_view default_host) override;
  Sink& sink() override { return stream_->sink(); }
  HeadState read_head(Response& head) override { return stream_->read_head(head); }
  bool may_have_head() override { return stream_->may_have_head(); }
  Source& source() override { return stream_->source(); }
  const Error& error() const override { return stream_->error(); }
  void become_tunnel() override {}
  Again again() const override;
  bool is_reusable() override { return false; }  // it is the connection that is
  void next() override {}
  net::Stream& stream() override { return *stream_; }

 private:
  std::shared_ptr<H2Response> stream_;
};

}  // namespace fairlead::http
