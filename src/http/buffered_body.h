// BufferedBody: the beginning of a body, read ahead into memory, and then the rest of it.
//
// For whoever must know a body before it goes anywhere: a route that matches JSON, one that asks a
// backend only when the client has sent all. Whoever reads it gets every byte from the first one
// on: those that are held, then what follows in the source. While only held ones were read it can
// begin again, so such a request can be given to another backend.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "http/exchange.h"
#include "http/message.h"
#include "net/task.h"

namespace fairlead::http {

class BufferedBody final : public Source {
 public:
  // Holds at most `most` bytes. `from` outlives this, and nobody else reads it.
  BufferedBody(Source& from, size_t most) : from_(from), most_(most) {}

  enum class State : uint8_t {
    blocked,  // wait for stream().readable()
    whole,    // all of it is held
    full,     // `most` bytes are held, and more may follow
    failed,   // error()
  };
  // Reads ahead, as far as it goes without waiting. REQUIRES: nothing was consumed yet.
  // Cost: a copy of what is read; memory grows with it, by doubling.
  State fill();

  // What was read ahead, from the body's first byte.
  std::string_view held() const { return held_; }
  bool is_whole() const { return ended_; }

  Piece peek(bool may_read) override;
  void consume(size_t count) override;
  bool can_rewind() const override { return !beyond_; }
  void rewind() override { at_ = 0; }
  uint64_t spliceable() const override { return at_ < held_.size() ? 0 : from_.spliceable(); }
  Piece::State spliced(uint64_t count, bool ended) override;
  net::Stream& stream() override { return from_.stream(); }
  std::string_view trailers() const override { return from_.trailers(); }
  const Error& error() const override { return from_.error(); }

 private:
  // What follows is read, and what was held is of no use any more.
  void go_beyond();

  Source& from_;
  size_t most_;
  std::string held_;
  size_t at_ = 0;        // so much of it was consumed
  bool ended_ = false;   // the source has nothing behind it
  bool beyond_ = false;  // bytes behind it were consumed
};

// Whether what is held says that no more of it is wanted.
using Enough = bool (*)(std::string_view held);

// Fills it, telling a client that waits for it to go on (Expect: 100-continue), and waiting at most
// `patience` for each stretch. Whole or full, or why not: the client broke off, or was too slow.
// With `enough`, blocked where that is so before the body is whole.
net::Task<Result<BufferedBody::State>> read_ahead(Exchange& exchange, BufferedBody& body,
                                                  Duration patience, Enough enough = nullptr);

}  // namespace fairlead::http
