#include "net/tls_wire.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "net/record_key.h"

namespace fairlead::net {

// Every connection of the process has the same one.
BIO_METHOD* TlsWire::method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    CHECK(made);
    BIO_meth_set_read(made, [](BIO* bio, char* into, int size) {
      BIO_clear_retry_flags(bio);
      auto& self = *static_cast<TlsWire*>(BIO_get_data(bio));
      const int count = self.read(into, static_cast<size_t>(size));
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

int TlsWire::read(char* into, size_t size) {
  if (refuses_) {
    last_read_ = Io::failed(Code::malformed);
  } else if (by_record_ || has_unread()) {
    // A header tells where its record ends. What ends before one is whole is OpenSSL's to judge.
    const size_t wanted = record_left_ > 0 ? 1 : kRecordHeader;
    last_read_ = unread_.size() < wanted ? fill(wanted) : Io::done(0);
    if (last_read_.state == Io::State::done || (has_unread() && last_read_.state != Io::State::blocked))
      last_read_ = Io::done(give(into, size));
  } else {
    last_read_ = below_.read({into, size});
  }
  return last_read_.state == Io::State::done ? static_cast<int>(last_read_.count) : -1;
}

// Of one record at the most.
size_t TlsWire::give(char* into, size_t size) {
  if (record_left_ == 0)
    record_left_ = unread_.size() < kRecordHeader ? static_cast<uint32_t>(unread_.size())
                                                  : record_size(unread_.data());
  const size_t count = std::min({size, unread_.size(), static_cast<size_t>(record_left_)});
  std::memcpy(into, unread_.data(), count);
  unread_.begin += static_cast<uint32_t>(count);
  record_left_ -= static_cast<uint32_t>(count);
  if (!has_unread()) unread_ = {};
  return count;
}

// Done: `wanted` bytes are there. They fit: what is held is less than a header.
Io TlsWire::fill(size_t wanted) {
  if (!unread_.block) unread_.block = Block::take(kSmallBlock);
  if (unread_.begin > 0) {
    std::memmove(unread_.block.data(), unread_.data(), unread_.size());
    unread_.end -= std::exchange(unread_.begin, 0);
  }
  while (unread_.size() < wanted) {
    const Io io =
        below_.read({unread_.block.data() + unread_.end, unread_.block.capacity() - unread_.end});
    if (io.state != Io::State::done) {
      if (!has_unread()) unread_ = {};
      return io;
    }
    unread_.end += static_cast<uint32_t>(io.count);
  }
  return Io::done(0);
}

// False: more waits than we hold for a peer that does not read.
bool TlsWire::append(const char* bytes, size_t size) {
  char* const room = outbox_.room(size);
  if (!room) return false;
  std::memcpy(room, bytes, size);
  outbox_.add(size);
  return true;
}

}  // namespace fairlead::net
