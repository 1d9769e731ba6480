// CopiedBody: a body of which a copy is kept while it is read.
//
// For mirrors: who reads it reads the source itself, in its own time, and nothing is read ahead.
#pragma once

#include <functional>
#include <string>

#include "http/message.h"

namespace fairlead::http {

class CopiedBody final : public Source {
 public:
  // Keeps at most `most` bytes; of a longer body nothing. `whole` is called once, when the body has
  // been read to its end and copy() is all of it. `from` outlives this, and nobody else reads it.
  CopiedBody(Source& from, size_t most, std::function<void()> whole)
      : from_(from), most_(most), whole_(std::move(whole)) {}

  std::string& copy() { return copy_; }
  bool is_too_large() const { return too_large_; }

  Piece peek(bool may_read) override;
  void consume(size_t count) override;
  bool can_rewind() const override { return from_.can_rewind(); }
  void rewind() override;
  uint64_t spliceable() const override { return is_copying() ? 0 : from_.spliceable(); }
  Piece::State spliced(uint64_t count, bool ended) override { return from_.spliced(count, ended); }
  net::Stream& stream() override { return from_.stream(); }
  std::string_view trailers() const override { return from_.trailers(); }
  const Error& error() const override { return from_.error(); }

 private:
  bool is_copying() const { return !too_large_ && whole_; }
  void conclude();

  Source& from_;
  size_t most_;
  std::function<void()> whole_;  // empty: it was called
  std::string copy_;
  std::span<const char> piece_;  // of the last peek
  bool too_large_ = false;
};

}  // namespace fairlead::http
