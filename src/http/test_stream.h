// TestStream: a stream whose far end is the test. Nothing is late, nothing waits. For tests alone.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "net/stream.h"

namespace fairlead::http {

class TestStream final : public net::Stream {
 public:
  explicit TestStream(Address peer = Address(Ip::v4({192, 0, 2, 7}), 4711))
      : peer_(std::move(peer)) {
    writable_.set_quietly();
  }

  // ---- the far end
  void arrive(std::string_view bytes) {
    arrived_ += bytes;
    readable_.set_quietly();
  }
  void end() {
    ended_ = true;
    readable_.set_quietly();
  }
  void break_with(Code code) {
    broken_with_ = code;
    is_whole_ = false;
    readable_.set_quietly();
  }
  // At most so many bytes are given at one read.
  void give_at_most(size_t count) { most_ = count; }
  // So many bytes more are taken; then writes block.
  void take_at_most(size_t room) {
    room_ = room;
    if (room > 0) writable_.set_quietly();
  }
  // What was written since the last call.
  std::string sent() { return std::exchange(sent_, {}); }
  size_t sends() const { return sends_; }
  bool was_reset() const { return reset_; }

  // ---- Stream
  net::Io read(std::span<char> into) override {
    if (!is_whole_) return net::Io::failed(broken_with_);
    const size_t count = std::min({into.size(), arrived_.size(), most_});
    if (count == 0) {
      if (ended_) return net::Io::end();
      readable_.clear();
      return net::Io::blocked();
    }
    std::memcpy(into.data(), arrived_.data(), count);
    arrived_.erase(0, count);
    return net::Io::done(count);
  }
  net::Io write(std::span<const char> from) override {
    if (!is_whole_) return net::Io::failed(broken_with_);
    const size_t count = std::min(from.size(), room_);
    if (count == 0) {
      writable_.clear();
      return net::Io::blocked();
    }
    ++sends_;
    room_ -= count;
    sent_.append(from.data(), count);
    return net::Io::done(count);
  }
  net::Io connected() override { return net::Io::done(0); }
  void shutdown_write() override {}
  void reset() override { reset_ = true; }
  Address peer() const override { return peer_; }
  Address local() const override { return Address(Ip::v4({127, 0, 0, 1}), 80); }

 private:
  Address peer_;
  std::string arrived_;
  std::string sent_;
  size_t most_ = SIZE_MAX;
  size_t room_ = SIZE_MAX;
  size_t sends_ = 0;
  bool ended_ = false;
  bool is_whole_ = true;
  bool reset_ = false;
  Code broken_with_ = Code::reset;
};

}  // namespace fairlead::http
