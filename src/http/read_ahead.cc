#include "http/read_ahead.h"

#include <algorithm>

namespace fairlead::http {
namespace {

// Taken bytes are let go in strides, so that moving the others costs little.
constexpr size_t kStride = 64 * 1024;

}  // namespace

void ReadAhead::fill() {
  while (has_room()) {
    const Piece piece = from_.peek(true);
    switch (piece.state) {
      case Piece::State::blocked: return;
      case Piece::State::end:
        trailers_ = from_.trailers();
        end_ = Piece::State::end;
        return;
      case Piece::State::failed:
        error_ = from_.error();
        end_ = Piece::State::failed;
        return;
      case Piece::State::data: {
        const size_t count = std::min(piece.bytes.size(), most_ - held());
        bytes_.append(piece.bytes.data(), count);
        from_.consume(count);
      }
    }
  }
}

Piece ReadAhead::peek(bool may_read) {
  if (held() == 0 && may_read) fill();
  if (held() > 0) return {Piece::State::data, {bytes_.data() + at_, held()}};
  return {end_, {}};
}

void ReadAhead::consume(size_t count) {
  at_ += count;
  if (at_ == bytes_.size()) {
    bytes_.clear();
    at_ = 0;
  } else if (at_ >= kStride && at_ > bytes_.size() / 2) {
    bytes_.erase(0, at_);
    at_ = 0;
  }
}

}  // namespace fairlead::http
