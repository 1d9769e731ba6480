#include "http/h1_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "http/fault.h"

namespace fairlead::http {

using net::Io;
using wire::http1::ChunkedDecoder;
using wire::http1::Parsed;

namespace {

// Bodies shorter than this are cheaper to copy than to splice.
constexpr uint64_t kLeastSplice = 32 * 1024;

}  // namespace

// ---- heads ----------------------------------------------------------------------------

H1Reader::State H1Reader::read_head(Request& head) {
  const State state =
      read_until_parsed([&](std::string_view bytes) { return parser_.parse(bytes, head); });
  if (state == State::complete) begin_body(head.framing, head.content_length);
  return state;
}

H1Reader::State H1Reader::read_head(Method request_method, Response& head) {
  const State state = read_until_parsed(
      [&](std::string_view bytes) { return parser_.parse(bytes, request_method, head); });
  if (state == State::complete) begin_body(head.framing, head.content_length);
  return state;
}

template <typename Parse>
H1Reader::State H1Reader::read_until_parsed(Parse&& parse) {
  while (true) {
    if (has_bytes()) {
      const Parsed parsed = parse(std::string_view(block_.data() + begin_, end_ - begin_));
      if (parsed.state == Parsed::State::complete) {
        begin_ += static_cast<uint32_t>(parsed.size);
        parser_.reset();
        return State::complete;
      }
      if (parsed.state == Parsed::State::fault) {
        fault_ = parsed.fault;
        error_ = {code_of(parsed.fault), side_, Again::no, parsed.detail};
        return State::fault;
      }
    }
    const Io io = fill();
    if (io.state == Io::State::blocked) return State::blocked;
    if (io.state == Io::State::end && !has_bytes()) return State::end;
    if (io.state == Io::State::end) {
      error_ = {Code::closed, side_, Again::no, "the connection ended within a head"};
      return State::failed;
    }
    if (io.state == Io::State::failed) {
      error_ = {io.code, side_, Again::no, "the connection broke"};
      return State::failed;
    }
  }
}

void H1Reader::begin_body(Framing framing, uint64_t length) {
  framing_ = framing;
  remaining_ = length;
  consumed_ = 0;
  spliced_ = false;
  ended_ = framing == Framing::none || (framing == Framing::length && length == 0);
  decoded_ = encoded_ = 0;
  if (framing == Framing::chunked) chunked_ = std::make_unique<ChunkedDecoder>();
}

void H1Reader::next() {
  CHECK(ended_);
  chunked_.reset();
  kept_.release();
  if (begin_ == end_) {
    block_.release();
    begin_ = end_ = 0;
  } else if (begin_ > 0) {
    std::memmove(block_.data(), block_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
}

// ---- bytes ----------------------------------------------------------------------------

// Room behind end_ for more of a head that is not complete: nothing views the bytes yet.
void H1Reader::make_room() {
  if (!block_) {
    block_ = net::Block::take(net::kSmallBlock);
    begin_ = end_ = 0;
  }
  if (end_ < block_.capacity()) return;
  net::Block larger = net::Block::take(std::min(block_.capacity() * 4, net::kLargeBlock));
  std::memcpy(larger.data(), block_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  block_ = std::move(larger);
}

Io H1Reader::fill() {
  if (!stream_.readable().is_set()) return Io::blocked();  // and hold no block for it
  make_room();
  // A head that does not fit into the largest block is over every limit, and the parser has said
  // so.
  if (end_ == block_.capacity()) return Io::failed(Code::too_large);
  const Io io = stream_.read({block_.data() + end_, block_.capacity() - end_});
  if (io.state == Io::State::done) {
    bulk_ = end_ + io.count == block_.capacity();
    end_ += static_cast<uint32_t>(io.count);
    bytes_read_ += io.count;
  } else if (!has_bytes() && !kept_ && ended_) {
    block_.release();
  }
  return io;
}

// ---- bodies ---------------------------------------------------------------------------

Piece H1Reader::fail_body(Code code, std::string detail) {
  error_ = {code, side_, Again::no, std::move(detail)};
  return {Piece::State::failed, {}};
}

// Decodes what is here into payload at begin_. False: malformed.
bool H1Reader::decode() {
  const auto step = chunked_->decode({block_.data() + begin_, end_ - begin_});
  if (step.state == ChunkedDecoder::Step::State::fault) {
    fail_body(Code::malformed, step.detail);
    return false;
  }
  decoded_ = static_cast<uint32_t>(step.payload);
  encoded_ = static_cast<uint32_t>(step.consumed);
  if (step.state == ChunkedDecoder::Step::State::end) ended_ = true;
  if (decoded_ == 0) begin_ += std::exchange(encoded_, 0);
  return true;
}

Piece H1Reader::peek(bool may_read) {
  while (true) {
    if (framing_ == Framing::chunked) {
      if (decoded_ > 0) return {Piece::State::data, {block_.data() + begin_, decoded_}};
      if (!ended_ && has_bytes()) {
        if (!decode()) return {Piece::State::failed, {}};
        if (decoded_ > 0 || ended_) continue;
      }
    } else if (!ended_ && has_bytes()) {
      const size_t here =
          std::min<uint64_t>(end_ - begin_, framing_ == Framing::length ? remaining_ : UINT64_MAX);
      return {Piece::State::data, {block_.data() + begin_, here}};
    }
    if (ended_) return {Piece::State::end, {}};
    if (!may_read || !stream_.readable().is_set()) return {Piece::State::blocked, {}};
    prepare_body_block();
    const Io io = fill();
    if (io.state == Io::State::blocked) return {Piece::State::blocked, {}};
    if (io.state == Io::State::failed)
      return fail_body(io.code, "the connection broke within a body");
    if (io.state == Io::State::end && !stream_ended()) return {Piece::State::failed, {}};
  }
}

// All that was read is used: begin again at the front, of a block of the body's own where the head
// is kept.
void H1Reader::prepare_body_block() {
  if (begin_ < end_) return;
  if (keep_ == Keep::head_until_next && block_ && !kept_) kept_ = std::move(block_);
  if (bulk_ && block_ && block_.capacity() < net::kMiddleBlock) block_.release();
  if (!block_) block_ = net::Block::take(bulk_ ? net::kMiddleBlock : net::kSmallBlock);
  begin_ = end_ = 0;
}

// The peer has ended its direction: the end of a body without framing, too early for any other.
bool H1Reader::stream_ended() {
  if (framing_ == Framing::until_close) {
    ended_ = true;
    return true;
  }
  fail_body(
      Code::closed,
      framing_ == Framing::length
          ? fmt::format("the connection ended {} bytes before the end of the body", remaining_)
          : "the connection ended within a chunked body");
  return false;
}

void H1Reader::consume(size_t count) {
  if (framing_ == Framing::chunked) {
    // Payload was moved to the front: only when all of it is used may the bytes it came from go.
    consumed_ += count;
    decoded_ -= static_cast<uint32_t>(count);
    encoded_ -= static_cast<uint32_t>(count);
    begin_ += static_cast<uint32_t>(count);
    if (decoded_ == 0) begin_ += std::exchange(encoded_, 0);
    return;
  }
  begin_ += static_cast<uint32_t>(count);
  consumed_ += count;
  if (framing_ == Framing::length) {
    remaining_ -= count;
    ended_ = remaining_ == 0;
  }
}

bool H1Reader::can_rewind() const {
  if (spliced_) return false;
  if (consumed_ == 0) return true;
  // The body began in the block of its head: only there nothing has been written over.
  return framing_ == Framing::length && keep_ == Keep::head_until_next && !kept_ &&
         consumed_ <= begin_;
}

void H1Reader::rewind() {
  CHECK(can_rewind());
  if (consumed_ == 0) return;
  begin_ -= static_cast<uint32_t>(consumed_);
  remaining_ += std::exchange(consumed_, 0);
  ended_ = false;
}

uint64_t H1Reader::spliceable() const {
  if (ended_ || has_bytes() || stream_.descriptor() < 0) return 0;
  if (framing_ == Framing::until_close) return UINT64_MAX;
  return framing_ == Framing::length && remaining_ >= kLeastSplice ? remaining_ : 0;
}

Piece::State H1Reader::spliced(uint64_t count, bool ended) {
  bytes_read_ += count;
  spliced_ = true;
  if (framing_ == Framing::length) {
    remaining_ -= count;
    ended_ = remaining_ == 0;
  }
  if (ended && !ended_ && !stream_ended()) return Piece::State::failed;
  return ended_ ? Piece::State::end : Piece::State::data;
}

}  // namespace fairlead::http
