#include "http/copied_body.h"

#include <utility>

namespace fairlead::http {

Piece CopiedBody::peek(bool may_read) {
  const Piece piece = from_.peek(may_read);
  piece_ = piece.bytes;
  if (piece.state == Piece::State::end) conclude();
  return piece;
}

void CopiedBody::consume(size_t count) {
  if (is_copying()) {
    too_large_ = copy_.size() + count > most_;
    if (too_large_)
      std::string().swap(copy_);
    else
      copy_.append(piece_.data(), count);
  }
  from_.consume(count);
}

void CopiedBody::rewind() {
  if (is_copying()) copy_.clear();
  from_.rewind();
}

void CopiedBody::conclude() {
  if (is_copying()) std::exchange(whole_, {})();
}

}  // namespace fairlead::http
