// Outbox: encrypted bytes on their way to a stream.
//
// Gathered in one pooled block, so that several records leave in one send; the block is held only
// while something waits in it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "net/block.h"
#include "net/stream.h"

namespace fairlead::net {

class Outbox {
 public:
  size_t held() const { return end_ - begin_; }

  // Room for `size` bytes behind what is held, for add(). Null: more would wait than is held for a
  // peer that does not read.
  char* room(size_t size);
  // So many bytes stand in the room now. REQUIRES: no more than it was asked for.
  void add(size_t size) { end_ += static_cast<uint32_t>(size); }

  // Sends what is held. Done: nothing is any more.
  Io flush(Stream& below);

 private:
  Block block_;  // bytes [begin_, end_) of it wait
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
};

}  // namespace fairlead::net
