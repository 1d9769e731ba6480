// GrpcWeb: an exchange of gRPC-Web, shown to a backend as one of gRPC (grpc/doc/PROTOCOL-WEB.md).
//
// Browsers cannot read trailers, so they are sent as a last frame of the body; and some cannot read
// bytes, so all of it may be base64. Everything else goes through to the exchange below.
#pragma once

#include <string>
#include <string_view>

#include "http/exchange.h"

namespace fairlead::http {

// Whether a request is a call of gRPC-Web.
bool is_grpc_web(const Request& request);

class GrpcWeb final : public Exchange {
 public:
  // Changes the request's head. REQUIRES: is_grpc_web(below.request()), whose body nobody has read.
  explicit GrpcWeb(Exchange& below);

  Request& request() override { return below_.request(); }
  Scratch& scratch() override { return below_.scratch(); }
  void inform(const Response& head) override { below_.inform(head); }
  bool upgrade(const Response&) override { return false; }
  net::Io flush() override { return below_.flush(); }
  void tunnelled(uint64_t bytes_in, uint64_t bytes_out) override {
    below_.tunnelled(bytes_in, bytes_out);
  }
  void close_after() override { below_.close_after(); }
  bool take_back() override { return below_.take_back(); }
  bool can_take_back() const override { return below_.can_take_back(); }
  void break_off() override { below_.break_off(); }
  bool responded() const override { return below_.responded(); }
  uint16_t status() const override { return below_.status(); }
  uint64_t bytes_out() const override { return below_.bytes_out(); }
  uint64_t bytes_in() const override { return below_.bytes_in(); }
  net::Stream& stream() override { return below_.stream(); }
  net::Network& network() override { return below_.network(); }
  net::Alarm& alarm() override { return below_.alarm(); }
  std::string_view scheme() const override { return below_.scheme(); }
  std::string_view version() const override { return below_.version(); }
  Instant started() const override { return below_.started(); }

 private:
  Source& own_body() override { return is_text_ ? static_cast<Source&>(body_) : below_.body(); }
  Sink* begin_response(const Response& head) override;

  // The request's body out of base64, which may come in several parts, each with its padding.
  class Decoded final : public Source {
   public:
    explicit Decoded(Source& below) : below_(below) {}
    Piece peek(bool may_read) override;
    void consume(size_t count) override;
    bool can_rewind() const override { return below_.can_rewind(); }
    void rewind() override;
    uint64_t spliceable() const override { return 0; }
    Piece::State spliced(uint64_t, bool) override { return Piece::State::failed; }
    net::Stream& stream() override { return below_.stream(); }
    std::string_view trailers() const override { return {}; }
    const Error& error() const override { return is_wrong_ ? error_ : below_.error(); }

   private:
    bool decode(std::string_view text);

    Source& below_;
    std::string bytes_;  // decoded and not yet used, from used_ on
    size_t used_ = 0;
    uint32_t bits_ = 0;
    uint8_t digits_ = 0;  // of the group of four that has begun
    uint8_t padding_ = 0;
    bool is_wrong_ = false;
    Error error_;
  };

  // The response's body with its trailers behind it, into base64 where that is asked for.
  class Framed final : public Sink {
   public:
    explicit Framed(GrpcWeb& web) : web_(web) {}
    // Another response begins: one before was taken back.
    void begin();
    net::Io write(std::span<const char> bytes) override;
    net::Io flush() override;
    net::Io finish(std::string_view trailers) override;
    bool spliceable() const override { return false; }
    void spliced(uint64_t) override {}
    net::Stream& stream() override { return web_.out_->stream(); }

   private:
    void encode(std::span<const char> bytes);
    net::Io drain();

    GrpcWeb& web_;
    std::string waiting_;  // encoded, from sent_ on
    size_t sent_ = 0;
    bool ended_ = false;
  };

  Exchange& below_;
  bool is_text_;
  std::string_view suffix_;  // of the content type: "+proto"
  Decoded body_;
  Framed framed_{*this};
  Sink* out_ = nullptr;
};

}  // namespace fairlead::http
