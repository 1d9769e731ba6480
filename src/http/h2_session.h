// H2Session: one HTTP/2 connection, of either side, over nghttp2 (RFC 9113).
//
// nghttp2 keeps the protocol's state and does no I/O. Here its frames are read and written: all
// that the streams had to say in a turn of the loop leaves in one send. No stream's task runs
// within a call of nghttp2. Frames that cost us work and bring nothing are borne up to a budget.
#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>
#include <string>
#include <string_view>

#include "http/h2_stream.h"
#include "net/block.h"
#include "net/network.h"

namespace fairlead::http {

class H2Session {
 public:
  H2Session(const H2Session&) = delete;

  net::Network& network() { return network_; }
  net::Stream& below() { return *below_; }
  nghttp2_session* frames() { return session_.get(); }
  // Something waits to be sent: it is, within this turn.
  void stir() { stirred_.set(network_.ready()); }

  // Queues a head of a stream, whose body comes from the stream where it has one. False: the stream
  // cannot go on.
  bool send_head(H2Stream& stream, std::span<const nghttp2_nv> fields, bool has_body);
  bool send_interim_head(H2Stream& stream, std::span<const nghttp2_nv> fields);
  // The same of a request, which begins the stream; where none can be begun it is broken off.
  void send_request(H2Stream& stream, std::span<const nghttp2_nv> fields, bool has_body);

 protected:
  enum class Role : uint8_t { server, client };
  struct Settings {
    uint32_t max_streams = 100;                // at once, that the peer may begin
    uint32_t stream_window = 256 * 1024;       // bytes on their way or waiting, of one stream
    uint32_t connection_window = 1024 * 1024;  // bytes on their way, of all; none that wait
    uint32_t max_head = 64 * 1024;             // bytes of a head's fields
  };

  H2Session(net::Network& network, std::unique_ptr<net::Stream> below, Role role,
            const Settings& settings);
  virtual ~H2Session();

  // Of a server: the stream of a request that begins; null: it is refused.
  virtual std::shared_ptr<H2Stream> begin(int32_t) { return nullptr; }
  // Of a client: the peer will take no further streams.
  virtual void told_to_go() {}
  // Of a client: an exchange was given up before anything came for it.
  virtual void given_up() {}

  // Takes bytes that were read already.
  bool take(std::span<const char> bytes);
  // Does all that can be done now. Over: the connection is of no use any more; failure() says why,
  // where there is a why.
  enum class Turn : uint8_t { blocked, busy, over };
  Turn turn();
  // Sends what waits, as far as that goes. False: the connection broke.
  bool write();
  // What to wait for behind a turn that was blocked; null: not for that.
  net::Event* readable() { return is_choked() ? nullptr : &below_->readable(); }
  net::Event* writable() { return is_full_ ? &below_->writable() : nullptr; }
  net::Event& stirred() { return stirred_; }

  // From now on the stream is open.
  void join(std::shared_ptr<H2Stream> stream);
  // Breaks every stream off: the connection is gone.
  void break_streams(Code code, std::string_view why);
  size_t open_streams() const { return open_streams_; }
  // Since when a head has been coming; kNever: none is.
  Instant head_began() const { return head_began_; }
  bool is_greeted() const { return greeted_; }
  uint64_t reads() const { return reads_; }
  // Streams that the peer takes at once, as it says.
  uint32_t most_streams_of_peer() const;
  // Something has to come back for it.
  void ask_for_a_sign();
  Instant last_moved() const { return last_moved_; }
  // In words; empty: it came to its end in order.
  const std::string& failure() const { return failure_; }
  void end_with(std::string_view words, uint32_t code);
  void charge(uint32_t cost);

 private:
  friend class H2Stream;
  friend class H2Client;
  struct EndSession {
    void operator()(nghttp2_session* session) const;
  };
  struct Hooks;  // nghttp2's callbacks

  bool collect();
  bool is_choked();
  void refill();
  void reward(uint32_t gain);

  net::Network& network_;
  std::unique_ptr<net::Stream> below_;
  std::unique_ptr<nghttp2_session, EndSession> session_;
  Role role_;
  net::Event stirred_;
  net::Block out_;  // bytes [begin_, end_) of it wait for the stream below
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
  std::span<const char> left_over_;  // of nghttp2's, that had no room in out_
  bool no_room_ = false;             // the same of a stream's bytes
  bool is_full_ = false;             // the stream below takes nothing
  bool bulk_ = false;                // the last read filled its block
  bool greeted_ = false;             // the peer's first frame came
  uint64_t reads_ = 0;
  int64_t astray_ = 0;  // bytes that came, less those of frames that we heard of
  size_t open_streams_ = 0;
  net::List<H2Stream> streams_;  // that are open
  Instant head_began_ = kNever;
  Instant last_moved_;
  uint32_t max_head_;
  uint32_t budget_;
  Instant refilled_;
  std::string failure_;
};

}  // namespace fairlead::http
