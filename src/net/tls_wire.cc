#include "net/tls_wire.h"

#include <cstring>

#include "base/check.h"

namespace fairlead::net {

// Every connection of the process has the same one.
BIO_METHOD* TlsWire::method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    CHECK(made);
    BIO_meth_set_read(made, [](BIO* bio, char* into, int size) {
      BIO_clear_retry_flags(bio);
      auto& self = *static_cast<TlsWire*>(BIO_get_data(bio));
      const int count = self.read(into, size);
      if (count < 0 && self.last_read_.state == Io::State::blocked) BIO_set_retry_read(bio);
      return count;
    });
    BIO_meth_set_write(made, [](BIO* bio, const char* bytes, int size) {
      auto& self = *static_cast<TlsWire*>(BIO_get_data(bio));
      return self.append(bytes, static_cast<size_t>(size)) ? size : -1;
    });
    BIO_meth_set_ctrl(made, [](BIO*, int command, long, void*) -> long {
      return command == BIO_CTRL_FLUSH ? 1 : 0;
    });
    return made;
  }();
  return method;
}

BIO* TlsWire::make_bio() {
  BIO* bio = BIO_new(method());
  CHECK(bio);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  return bio;
}

int TlsWire::read(char* into, int size) {
  last_read_ =
      refuses_ ? Io::failed(Code::malformed) : below_.read({into, static_cast<size_t>(size)});
  return last_read_.state == Io::State::done ? static_cast<int>(last_read_.count) : -1;
}

// False: more waits than we hold for a peer that does not read.
bool TlsWire::append(const char* bytes, size_t size) {
  if (held() + size > kLargeBlock) return false;
  if (!block_) block_ = Block::take(size);
  if (block_.capacity() - end_ < size) {
    Block larger = Block::take(held() + size);
    std::memcpy(larger.data(), block_.data() + begin_, held());
    end_ -= begin_;
    begin_ = 0;
    block_ = std::move(larger);
  }
  std::memcpy(block_.data() + end_, bytes, size);
  end_ += static_cast<uint32_t>(size);
  return true;
}

Io TlsWire::flush() {
  while (begin_ < end_) {
    const Io io = below_.write({block_.data() + begin_, held()});
    if (io.state != Io::State::done) return io;
    begin_ += static_cast<uint32_t>(io.count);
  }
  block_.release();
  begin_ = end_ = 0;
  return Io::done(0);
}

}  // namespace fairlead::net
