// H2Stream: one stream of an HTTP/2 connection, of either side: two bodies with heads before them.
//
// It is a net::Stream of its bytes, so whoever moves bytes between streams moves these, too, and a
// Source and a Sink of the bodies. What is written waits here until the session takes it for a
// frame; what came waits here until it is used, and only then may the peer send more (RFC
// 9113 5.2). Lives as long as anybody has it: its user, or the session while the stream is open.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/byte_queue.h"
#include "http/message.h"
#include "net/list.h"

namespace fairlead::http {

class H2Session;

class H2Stream : public net::Stream, public net::Link {
 public:
  // `id` 0: not known yet. `side`: of whom it reads, for errors.
  H2Stream(H2Session& session, int32_t id, Side side);

  int32_t id() const { return id_; }
  // Null once it is closed.
  H2Session* session() const { return session_; }
  // While it is open.
  std::shared_ptr<H2Stream> shared() const { return self_; }
  // The body that comes in, and the one that goes out.
  Source& source() { return source_; }
  Sink& sink() { return sink_; }

  // Where its body begins and what it may hold is said by the head: to be called when that goes
  // out. `has_body` false: nothing follows it.
  void begin_body(bool has_body) { out_ended_ = end_sent_ = !has_body; }
  // What comes is for a tunnel: source() is at its end until there is one.
  void await_tunnel() { awaits_tunnel_ = true; }
  void begin_tunnel() { awaits_tunnel_ = false; }
  // Bytes that were used are not to be had again.
  void forget() { in_.forget(); }
  // Ends it at once, in both directions, with this code of RFC 9113 7.
  void break_off(uint32_t code);
  // What still comes is not wanted: it ends when the last that was written has left (RFC 9113 8.1).
  void end_behind();
  // Both directions came to their ends, or it was broken off.
  bool is_closed() const { return session_ == nullptr; }
  bool is_out_ended() const { return out_ended_; }
  bool is_in_ended() const { return in_ended_; }
  // By the peer, or because the connection is gone.
  bool is_broken() const { return broken_by_ != kNotBroken; }
  // REQUIRES: is_broken(). The code of RFC 9113 7; 0 is one.
  uint32_t broken_by() const { return broken_by_; }

  uint64_t bytes_in() const { return bytes_in_; }    // of its body, and of heads as they were read
  uint64_t bytes_out() const { return bytes_out_; }  // the same, as they left
  void count_out(size_t head) { bytes_out_ += head; }

  // net::Stream, of the bodies alone.
  net::Io read(std::span<char> into) override;
  net::Io write(std::span<const char> from) override;
  net::Io connected() override { return net::Io::done(0); }
  size_t in_flight() const override;
  void shutdown_write() override;
  void reset() override;
  Address peer() const override;
  Address local() const override;
  net::TlsFacts tls() const override;

 protected:
  // A field of a head that comes in, views of it for this call alone. False: no more of them.
  virtual bool take_field(std::string_view name, std::string_view value) = 0;
  // The head is complete. `ends`: so is the stream. False: another head follows.
  virtual bool head_complete(bool ends) = 0;
  // A field behind the body. Those that may not stand there are dropped. False: no more of them.
  bool take_trailer(std::string_view name, std::string_view value);

  // What is told of the stream when it breaks.
  Error error_;
  uint64_t bytes_in_ = 0;

 private:
  friend class H2Session;
  class Body final : public Source {
   public:
    explicit Body(H2Stream& stream) : stream_(stream) {}
    Piece peek(bool may_read) override;
    void consume(size_t count) override { stream_.use(count); }
    bool can_rewind() const override { return stream_.in_.can_rewind(); }
    void rewind() override;
    uint64_t spliceable() const override { return 0; }
    Piece::State spliced(uint64_t, bool) override { return Piece::State::failed; }
    net::Stream& stream() override { return stream_; }
    std::string_view trailers() const override { return stream_.trailers_; }
    const Error& error() const override { return stream_.error_; }

   private:
    H2Stream& stream_;
  };
  class Out final : public Sink {
   public:
    explicit Out(H2Stream& stream) : stream_(stream) {}
    net::Io write(std::span<const char> bytes) override { return stream_.write(bytes); }
    net::Io flush() override { return stream_.flush(); }
    net::Io finish(std::string_view trailers) override { return stream_.finish(trailers); }
    bool spliceable() const override { return false; }
    void spliced(uint64_t) override {}
    net::Stream& stream() override { return stream_; }

   private:
    H2Stream& stream_;
  };

  static constexpr uint32_t kNotBroken = UINT32_MAX;

  // From the session.
  void arrive(std::span<const char> bytes);
  void arrive_end();
  // How much of what waits goes into the next frame of at most `most` bytes; sets the frame's
  // flags. Negative: nothing now.
  ssize_t offer(size_t most, uint32_t* flags);
  void take_out(std::span<char> into, bool is_last);
  void close(uint32_t code, bool in_order, std::string_view why);

  net::Io flush();
  net::Io finish(std::string_view trailers);
  void use(size_t count);
  void go_on();

  H2Session* session_;              // null: closed
  std::shared_ptr<H2Stream> self_;  // while it is open
  int32_t id_;
  ByteQueue in_;
  ByteQueue out_;
  Body source_{*this};
  Out sink_{*this};
  uint64_t used_ = 0;      // of the body, since its first byte
  uint64_t credited_ = 0;  // of these, what the peer was told of
  uint64_t bytes_out_ = 0;
  uint32_t broken_by_ = kNotBroken;
  bool in_ended_ = false;
  bool out_ended_ = false;  // all was written
  bool end_sent_ = false;   // and has left
  bool end_left_ = false;   // with its frame
  bool ends_behind_ = false;
  bool deferred_ = false;  // the session waits to be told that there is more
  bool awaits_tunnel_ = false;
  bool had_head_ = false;     // what comes next are trailers
  size_t trailer_bytes_ = 0;  // that came, those that were dropped included
  std::string trailers_;      // that came, as lines
  std::string own_trailers_;  // that are to be sent, the same
};

}  // namespace fairlead::http
