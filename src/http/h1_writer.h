// H1Writer: HTTP/1 messages into a stream: heads, and bodies framed anew.
//
// A head waits for the first bytes of its body, so that a small message leaves in one send. What
// the stream does not take is held in one block; with a block waiting, more is refused (blocked).
#pragma once

#include <span>
#include <string_view>

#include "http/message.h"
#include "net/block.h"
#include "net/stream.h"

namespace fairlead::http {

class H1Writer final : public Sink {
 public:
  explicit H1Writer(net::Stream& stream) : stream_(stream) {}

  // Room for a head of at most `size` bytes behind what waits already; none where that is more than
  // net::kLargeBlock together.
  std::span<char> reserve(size_t size);
  // So many bytes of the reserved ones are a head.
  void commit(size_t size) { end_ += static_cast<uint32_t>(size); }
  // What follows the head. Framing::none: nothing.
  void begin_body(Framing framing, uint64_t length);

  net::Io write(std::span<const char> bytes) override;
  net::Io flush() override;
  net::Io finish(std::string_view trailers) override;
  bool spliceable() const override;
  void spliced(uint64_t count) override;
  net::Stream& stream() override { return stream_; }

  // Bytes wait for the stream.
  bool holds() const { return begin_ < end_; }
  // Forgets the message that was begun, as if it had never been. REQUIRES: no byte of it has left.
  void discard();

  bool is_finished() const { return finished_ && begin_ == end_; }
  uint64_t bytes_written() const { return bytes_written_; }  // taken by the stream

 private:
  size_t room() const { return block_ ? block_.capacity() - end_ : net::kSmallBlock; }
  net::Io append_chunk(std::span<const char> bytes);
  void append(std::string_view text);

  net::Stream& stream_;
  net::Block block_;  // bytes [begin_, end_) of it wait
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
  Framing framing_ = Framing::none;
  bool finished_ = true;    // the end was written
  uint64_t remaining_ = 0;  // of a body with a length
  uint64_t bytes_written_ = 0;
};

}  // namespace fairlead::http
