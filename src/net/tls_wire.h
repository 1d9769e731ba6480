// TlsWire: the encrypted side of a TLS connection: what OpenSSL reads from and writes to.
//
// A server's reads are given to OpenSSL one record at a time, as long as the handshake lasts: so it
// never holds a byte of what follows, and whoever goes on without it finds all of that here.
#pragma once

#include <cstddef>
#include <cstdint>

#include "net/openssl.h"
#include "net/outbox.h"
#include "net/stream.h"

namespace fairlead::net {

// Bytes [begin, end) of the block.
struct HeldBytes {
  Block block{};
  uint32_t begin = 0;
  uint32_t end = 0;

  size_t size() const { return end - begin; }
  const char* data() const { return block.data() + begin; }
};

class TlsWire {
 public:
  explicit TlsWire(Stream& below) : below_(below) {}
  TlsWire(const TlsWire&) = delete;
  TlsWire& operator=(const TlsWire&) = delete;

  // OpenSSL's end of it, which this outlives.
  BIO* make_bio();

  // Room for so many bytes that are about to be written.
  void expect(size_t bytes) { outbox_.room(bytes); }
  // Sends what is held. Done: nothing is any more.
  Io flush() { return outbox_.flush(below_); }
  size_t held() const { return outbox_.held(); }

  // One record at a time, from now on, or as much as OpenSSL has room for.
  void give_by_record(bool by_record) { by_record_ = by_record; }
  // Whether something was read below that OpenSSL has not seen.
  bool has_unread() const { return unread_.size() > 0; }
  // For whoever goes on without OpenSSL: what it has not seen, and what it wrote last.
  HeldBytes take_unread() { return std::exchange(unread_, {}); }
  Outbox take_outbox() { return std::exchange(outbox_, {}); }

  // What the last read gave.
  const Io& last_read() const { return last_read_; }
  // From now on there is nothing to read: the connection is to fail.
  void refuse_more() { refuses_ = true; }

 private:
  int read(char* into, size_t size);
  size_t give(char* into, size_t size);
  Io fill(size_t wanted);
  bool append(const char* bytes, size_t size);
  static BIO_METHOD* method();

  Stream& below_;
  Outbox outbox_;
  HeldBytes unread_;
  Io last_read_;
  uint32_t record_left_ = 0;  // of the record that OpenSSL has begun to read
  bool by_record_ = false;
  bool refuses_ = false;
};

}  // namespace fairlead::net
