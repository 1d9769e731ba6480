#include "http/h1_writer.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "wire/http1_chunked.h"

namespace fairlead::http {

using net::Io;
using wire::http1::kLongestChunkHead;

namespace {

// Bytes of a body that are copied behind a waiting head: cheaper than a system call of their own.
constexpr size_t kMostCopied = 16 * 1024;
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n";

}  // namespace

std::span<char> H1Writer::reserve(size_t size) {
  if (end_ - begin_ + size > net::kLargeBlock) return {};
  if (!block_) {
    block_ = net::Block::take(size);
    begin_ = end_ = 0;
  } else if (block_.capacity() - end_ < size) {
    net::Block larger = net::Block::take(end_ - begin_ + size);
    std::memcpy(larger.data(), block_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    block_ = std::move(larger);
  }
  return {block_.data() + end_, block_.capacity() - end_};
}

void H1Writer::begin_body(Framing framing, uint64_t length) {
  framing_ = framing;
  remaining_ = length;
  finished_ = false;
}

void H1Writer::append(std::string_view text) {
  if (text.empty()) return;  // memcpy wants no null pointer, not even for nothing
  std::memcpy(block_.data() + end_, text.data(), text.size());
  end_ += static_cast<uint32_t>(text.size());
}

Io H1Writer::append_chunk(std::span<const char> bytes) {
  if (!block_) {
    block_ = net::Block::take(bytes.size() > net::kSmallBlock / 2 ? net::kMiddleBlock
                                                                  : net::kSmallBlock);
    begin_ = end_ = 0;
  }
  constexpr size_t kAround = kLongestChunkHead + kLineEnd.size();
  if (room() <= kAround) return Io::blocked();
  const size_t size = std::min(bytes.size(), room() - kAround);
  char digits[kLongestChunkHead];
  const char* head = wire::http1::chunk_head(digits + kLongestChunkHead, size);
  append({head, static_cast<size_t>(digits + kLongestChunkHead - head)});
  append({bytes.data(), size});
  append(kLineEnd);
  return Io::done(size);
}

Io H1Writer::write(std::span<const char> bytes) {
  if (framing_ == Framing::chunked) return append_chunk(bytes);
  CHECK(framing_ != Framing::none);
  if (framing_ == Framing::length) {
    CHECK(bytes.size() <= remaining_);
  }
  Io io = Io::blocked();
  if (begin_ < end_) {
    const size_t size = std::min({bytes.size(), room(), kMostCopied});
    if (size == 0) return io;
    append({bytes.data(), size});
    io = Io::done(size);
  } else {
    io = stream_.write(bytes);
    bytes_written_ += io.count;
  }
  if (framing_ == Framing::length) remaining_ -= io.count;
  return io;
}

Io H1Writer::flush() {
  const size_t held = end_ - begin_;
  while (begin_ < end_) {
    const Io io = stream_.write({block_.data() + begin_, end_ - begin_});
    if (io.state != Io::State::done) return io;
    begin_ += static_cast<uint32_t>(io.count);
    bytes_written_ += io.count;
  }
  block_.release();
  begin_ = end_ = 0;
  return Io::done(held);
}

void H1Writer::discard() {
  block_.release();
  begin_ = end_ = 0;
  framing_ = Framing::none;
  finished_ = true;
}

Io H1Writer::finish(std::string_view trailers) {
  if (!finished_) {
    if (framing_ == Framing::chunked) {
      const size_t size = kLastChunk.size() + trailers.size() + kLineEnd.size();
      if (block_ && room() < size) {
        if (const Io io = flush(); io.state != Io::State::done) return io;
      }
      reserve(size);
      append(kLastChunk);
      append(trailers);
      append(kLineEnd);
    }
    CHECK(framing_ != Framing::length || remaining_ == 0);
    finished_ = true;
  }
  return flush();
}

bool H1Writer::spliceable() const {
  return begin_ == end_ && stream_.descriptor() >= 0 &&
         (framing_ == Framing::length || framing_ == Framing::until_close);
}

void H1Writer::spliced(uint64_t count) {
  bytes_written_ += count;
  if (framing_ == Framing::length) remaining_ -= count;
}

}  // namespace fairlead::http
