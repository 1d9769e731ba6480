// H2Request: a client's stream: collects the head of its request.
#pragma once

#include <string_view>

#include "http/h2_stream.h"
#include "http/message_pool.h"
#include "http/scratch.h"
#include "net/list.h"
#include "wire/http2_head.h"

namespace fairlead::http {

class H2Connection;

class H2Request final : public H2Stream {
 public:
  H2Request(H2Connection& connection, H2Session& session, int32_t id,
            const wire::http1::Limits& limits);

  // Complete, unless objection() says otherwise. Views into scratch().
  Request& head() { return *head_; }
  Scratch& scratch() { return scratch_; }
  // Why it cannot be served.
  const wire::http1::Objection& objection() const { return objection_; }
  net::TlsFacts tls() const override;
  Address peer() const override;
  Address local() const override;
  bool is_extended_connect() const { return !pseudo_.protocol.empty(); }

 private:
  bool take_field(std::string_view name, std::string_view value) override;
  bool head_complete(bool ends) override;
  bool take_pseudo(std::string_view name, std::string_view text);
  void join_cookies();
  void describe();

  H2Connection& connection_;
  wire::http1::Limits limits_;
  PooledRequest head_;
  Scratch scratch_;
  wire::http2::PseudoFields pseudo_;
  wire::http1::Objection objection_;
  size_t size_ = 0;
  uint32_t cookies_ = 0;
};

}  // namespace fairlead::http
