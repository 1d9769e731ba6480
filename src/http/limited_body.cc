#include "http/limited_body.h"

#include <fmt/format.h>

namespace fairlead::http {

Piece LimitedBody::peek(bool may_read) {
  const Piece piece = from_.peek(may_read);
  if (piece.state == Piece::State::end) ended_ = true;
  if (piece.state != Piece::State::data || ended_) return piece;
  if (piece.bytes.size() <= most_ - consumed_) return piece;
  is_over_ = true;
  error_ = {Code::body_too_large, Side::downstream, Again::no,
            fmt::format("at most {} bytes are taken here", most_)};
  return {Piece::State::failed, {}};
}

void LimitedBody::consume(size_t count) {
  if (!ended_) consumed_ += count;
  from_.consume(count);
}

void LimitedBody::rewind() {
  consumed_ = 0;
  ended_ = false;
  from_.rewind();
}

}  // namespace fairlead::http
