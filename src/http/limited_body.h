// LimitedBody: a body that fails where it grows over a limit.
//
// For bodies whose length is not said in the head: of the others it is known before they come.
#pragma once

#include "http/message.h"

namespace fairlead::http {

class LimitedBody final : public Source {
 public:
  // `from` outlives this, and nobody else reads it.
  LimitedBody(Source& from, uint64_t most) : from_(from), most_(most) {}

  // Failed with Code::body_too_large as soon as more than `most` bytes are there.
  Piece peek(bool may_read) override;
  void consume(size_t count) override;
  bool can_rewind() const override { return from_.can_rewind(); }
  void rewind() override;
  uint64_t spliceable() const override { return ended_ ? from_.spliceable() : 0; }
  Piece::State spliced(uint64_t count, bool ended) override { return from_.spliced(count, ended); }
  net::Stream& stream() override { return from_.stream(); }
  std::string_view trailers() const override { return from_.trailers(); }
  const Error& error() const override { return is_over_ ? error_ : from_.error(); }

 private:
  Source& from_;
  uint64_t most_;
  uint64_t consumed_ = 0;
  bool ended_ = false;  // what follows is no body: the bytes of a tunnel
  bool is_over_ = false;
  Error error_;
};

}  // namespace fairlead::http
