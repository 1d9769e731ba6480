#include "net/outbox.h"

#include <cstring>

namespace fairlead::net {

char* Outbox::room(size_t size) {
  const size_t wanted = held() + size;
  if (wanted > kLargeBlock) return nullptr;
  if (block_.capacity() - end_ < size) {
    Block larger = Block::take(wanted);
    if (held() > 0) std::memcpy(larger.data(), block_.data() + begin_, held());
    end_ -= begin_;
    begin_ = 0;
    block_ = std::move(larger);
  }
  return block_.data() + end_;
}

Io Outbox::flush(Stream& below) {
  while (begin_ < end_) {
    const Io io = below.write({block_.data() + begin_, held()});
    if (io.state != Io::State::done) return io;
    begin_ += static_cast<uint32_t>(io.count);
  }
  block_.release();
  begin_ = end_ = 0;
  return Io::done(0);
}

}  // namespace fairlead::net
