// The words of HTTP upstairs: heads and bodies, whatever version carries them.
//
// A Source gives the decoded bytes of one body, a Sink takes them and frames them anew; neither
// waits. Nothing of a peer's framing is ever copied from one to the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "net/stream.h"
#include "wire/http1_head.h"

namespace fairlead::http {

using Request = wire::http1::RequestHead;
using Response = wire::http1::ResponseHead;
using wire::http1::Field;
using wire::http1::FieldId;
using wire::http1::Fields;
using wire::http1::Framing;
using wire::http1::Method;

struct Piece {
  enum class State : uint8_t { data, blocked, end, failed };
  State state = State::blocked;
  std::span<char> bytes;  // data: not empty
};

// The body of a message that comes in. Legal order of calls: (peek consume)* until end or failed.
class Source {
 public:
  virtual ~Source() = default;
  // The next bytes, the same ones until they are consumed. With `may_read` false only what is in
  // memory already: blocked where that is nothing.
  virtual Piece peek(bool may_read) = 0;
  virtual void consume(size_t count) = 0;
  // Whether all that was consumed is still here: then a small body can be sent once more.
  virtual bool can_rewind() const = 0;
  // Back to the first byte. REQUIRES: can_rewind(), and nobody is amid sending it.
  virtual void rewind() = 0;

  // How many of the next bytes may be moved from the stream as they are, by splice: 0 where any are
  // in memory, or framing is between them. UINT64_MAX: up to the stream's end.
  virtual uint64_t spliceable() const = 0;
  // So many were moved; with `ended` the stream ended behind them. Failed where that was too early.
  virtual Piece::State spliced(uint64_t count, bool ended) = 0;

  virtual net::Stream& stream() = 0;
  // Behind the end: field lines with their CRLFs, checked; "" for none.
  virtual std::string_view trailers() const = 0;
  // Why it failed.
  virtual const Error& error() const = 0;
};

// The body of a message that goes out.
// Legal order of calls: (write | flush | splice by the caller, spliced)* finish until done.
class Sink {
 public:
  virtual ~Sink() = default;
  // Takes some or all of the bytes. REQUIRES: `bytes` is not empty.
  virtual net::Io write(std::span<const char> bytes) = 0;
  // Sends what is held back. Done: nothing is any more; `count` says how much was.
  virtual net::Io flush() = 0;
  // Writes the end, then flushes. To be called again where it was blocked. REQUIRES: all bytes that
  // the head promised were written.
  virtual net::Io finish(std::string_view trailers) = 0;

  // Whether bytes may be moved into the stream as they are: nothing is held back, no framing
  // between.
  virtual bool spliceable() const = 0;
  virtual void spliced(uint64_t count) = 0;
  virtual net::Stream& stream() = 0;
};

}  // namespace fairlead::http
