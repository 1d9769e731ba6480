// H1Reader: HTTP/1 messages from a stream, one after the other: heads, then bodies without framing.
//
// Both sides of the proxy read through it. Holds a block only while bytes are there; what a peer
// sent ahead (pipelining) stays for the next message.
#pragma once

#include <memory>

#include "http/client.h"
#include "http/message.h"
#include "net/block.h"
#include "net/stream.h"
#include "wire/http1_chunked.h"
#include "wire/http1_head.h"

namespace fairlead::http {

class H1Reader final : public Source {
 public:
  enum class Keep : uint8_t { head_until_next, nothing };

  // `side`: of whom it reads, for errors. With Keep::head_until_next the views of a head stay valid
  // until next(); else until the first peek() behind it.
  H1Reader(net::Stream& stream, Side side, Keep keep, const wire::http1::Limits& limits)
      : stream_(stream), parser_(limits), side_(side), keep_(keep) {}

  using State = HeadState;
  State read_head(Request& head);
  State read_head(Method request_method, Response& head);

  // Gets ready for the next message. REQUIRES: the body is at its end, or there was none.
  void next();
  // What is here cannot be read as HTTP: it counts as used, and the body, as far as anybody asks,
  // is at its end. unread() of before stays valid until next().
  void abandon() {
    begin_ = end_;
    begin_body(Framing::none, 0);
  }
  // Behind an upgrade: what follows is bytes up to the end of the stream.
  void become_raw() { begin_body(Framing::until_close, 0); }
  void set_limits(const wire::http1::Limits& limits) { parser_ = wire::http1::HeadParser(limits); }

  // Bytes that are here and not yet used: a head has begun, or a peer has sent too much.
  bool has_bytes() const { return begin_ < end_; }
  std::string_view unread() const {
    return block_ ? std::string_view(block_.data() + begin_, end_ - begin_) : std::string_view();
  }
  bool at_end() const { return ended_ && decoded_ == 0; }  // of the body
  wire::http1::Fault fault() const { return fault_; }
  uint64_t bytes_read() const { return bytes_read_; }
  // Of these, the ones that were taken for a message: not what a peer has sent ahead.
  uint64_t bytes_used() const { return bytes_read_ - (end_ - begin_); }

  Piece peek(bool may_read) override;
  void consume(size_t count) override;
  bool can_rewind() const override;
  void rewind() override;
  uint64_t spliceable() const override;
  Piece::State spliced(uint64_t count, bool ended) override;
  net::Stream& stream() override { return stream_; }
  std::string_view trailers() const override {
    return chunked_ ? chunked_->trailers() : std::string_view();
  }
  const Error& error() const override { return error_; }

 private:
  template <typename Parse>
  State read_until_parsed(Parse&& parse);
  void begin_body(Framing framing, uint64_t length);
  net::Io fill();
  void make_room();
  bool decode();
  void prepare_body_block();
  bool stream_ended();
  Piece fail_body(Code code, std::string detail);

  net::Stream& stream_;
  net::Block block_;  // bytes [begin_, end_) of it are unused
  net::Block kept_;   // of the head, when the body needed a block of its own
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
  uint32_t decoded_ = 0;  // chunked: so many bytes at begin_ are payload,
  uint32_t encoded_ = 0;  // and came from so many bytes
  wire::http1::HeadParser parser_;
  Side side_;
  Keep keep_;
  Framing framing_ = Framing::none;
  wire::http1::Fault fault_ = wire::http1::Fault::none;
  bool ended_ = true;
  bool bulk_ = false;       // the last read filled its block
  bool spliced_ = false;    // some of the body: that is gone
  uint64_t remaining_ = 0;  // of a body with a length
  uint64_t consumed_ = 0;   // of the body
  uint64_t bytes_read_ = 0;
  std::unique_ptr<wire::http1::ChunkedDecoder> chunked_;
  Error error_;
};

}  // namespace fairlead::http
