// ReadAhead: a body that is read faster than it is taken, into bounded memory.
//
// For responses to slow clients: what the backend has sent waits here, and when it has sent all it
// is free. Nothing is held back: whoever reads gets each byte as soon as it is here.
#pragma once

#include <string>

#include "http/message.h"

namespace fairlead::http {

class ReadAhead final : public Source {
 public:
  // Holds at most `most` bytes that nobody has taken yet. `from` outlives this, or is not asked for
  // any more once is_whole(). Nobody else reads it.
  ReadAhead(Source& from, size_t most) : from_(from), most_(most) {}

  // Reads as far as there is room, without waiting.
  void fill();
  // Whether waiting for more makes sense.
  bool has_room() const { return !is_over() && held() < most_; }
  // The source has come to its end, and all that is left of it is here.
  bool is_whole() const { return end_ == Piece::State::end; }

  Piece peek(bool may_read) override;
  void consume(size_t count) override;
  bool can_rewind() const override { return false; }
  void rewind() override {}
  uint64_t spliceable() const override { return 0; }
  Piece::State spliced(uint64_t, bool) override { return Piece::State::failed; }
  net::Stream& stream() override { return from_.stream(); }
  std::string_view trailers() const override { return trailers_; }
  const Error& error() const override { return error_; }

 private:
  bool is_over() const { return end_ != Piece::State::blocked; }
  size_t held() const { return bytes_.size() - at_; }

  Source& from_;
  size_t most_;
  std::string bytes_;  // those behind at_ are not taken yet
  size_t at_ = 0;
  Piece::State end_ = Piece::State::blocked;  // end, or failed: what follows the bytes
  std::string trailers_;
  Error error_;
};

}  // namespace fairlead::http
