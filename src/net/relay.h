// Relay: bytes both ways between two streams until both directions have ended.
//
// TCP connections and upgraded HTTP connections end up here. Small pieces go by recv and send,
// which is cheapest for them; a direction that keeps filling its block goes by splice. Each
// direction holds at most one block or pipe, and reads only what the other side has taken:
// back-pressure.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/instant.h"
#include "net/block.h"
#include "net/network.h"
#include "net/splice_pipe.h"
#include "net/stream.h"
#include "net/task.h"

namespace fairlead::net {

// Where messages end in one direction, so that a last one can be said between two of them.
class Boundary {
 public:
  virtual ~Boundary() = default;
  // These bytes have passed.
  virtual void pass(std::span<const char> bytes) = 0;
  // How many of the bytes that follow are of a message that has begun; 0: none has.
  virtual uint64_t left() const = 0;
};

// One direction.
class Flow {
 public:
  Flow(Stream& from, Stream& to) : from_(from), to_(to) {}
  Flow(const Flow&) = delete;
  ~Flow() { SplicePipe::give_back(std::move(pipe_)); }

  // Bytes that were read before the relay began, at most kLargeBlock in all: to be sent first.
  void prepend(std::string_view bytes);
  // Before it is broken off `words` are said behind the message that has begun. Both outlive this.
  void part_with(Boundary& boundary, std::string_view words) {
    boundary_ = &boundary;
    words_ = words;
  }

  enum class State : uint8_t { reading, writing, busy, finished, failed };
  // Moves what can be moved. reading, writing: what it is blocked on; busy: it could go on.
  State run();
  // What to wait for; null once finished.
  Event* waits_for();

  // Goes on to the end of the message, then says the words. True: that is done, or cannot be.
  bool part();
  bool parts_with_words() const { return boundary_ != nullptr; }

  uint64_t moved() const { return moved_; }
  bool is_finished() const { return state_ == State::finished; }
  // Of a failed one: whether it was the stream that it reads from.
  bool reading_failed() const { return reading_failed_; }

 private:
  enum class Step : uint8_t { moved, reading, writing, ended, failed };
  Step step();
  Step send_held();
  Step read_and_send();
  Step splice();
  Step write_result(const Io& io);
  void let_pass(size_t count);

  Stream& from_;
  Stream& to_;
  Block block_;  // bytes [begin_, end_) of it are to be sent
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
  bool wrote_short_ = false;  // the first of these bytes may be on its way: see Stream::write()
  std::unique_ptr<SplicePipe> pipe_;
  uint8_t full_reads_ = 0;  // in a row
  bool reading_failed_ = false;
  State state_ = State::reading;
  uint64_t moved_ = 0;
  Boundary* boundary_ = nullptr;
  std::string_view words_;
  bool parting_ = false;  // the words stand in the block
};

struct RelayEnd {
  enum class Reason : uint8_t { finished, idle, called_off, reset_by_first, reset_by_second };
  Reason reason = Reason::finished;
};

// Relays until both directions have ended, one stream broke, nothing moved for `idle`, or `off`
// (may be null) was set. Where it did not end in order both streams are told to reset; where it was
// called off, behind the words that its flows part with.
Task<RelayEnd> relay(Network& network, Alarm& alarm, Flow& forth, Stream& first, Flow& back,
                     Stream& second, Duration idle, Event* off = nullptr);

}  // namespace fairlead::net
