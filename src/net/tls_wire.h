// TlsWire: the encrypted side of a TLS connection: what OpenSSL reads from and writes to.
//
// Reads go straight to the stream below. Writes are gathered in one pooled block, so that several
// records leave in one send; the block is held only while something waits in it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "net/block.h"
#include "net/openssl.h"
#include "net/stream.h"

namespace fairlead::net {

class TlsWire {
 public:
  explicit TlsWire(Stream& below) : below_(below) {}
  TlsWire(const TlsWire&) = delete;
  TlsWire& operator=(const TlsWire&) = delete;

  // OpenSSL's end of it, which this outlives.
  BIO* make_bio();

  // Room for so many bytes that are about to be written. REQUIRES: nothing is held.
  void expect(size_t bytes) { block_ = Block::take(bytes); }
  // Sends what is held. Done: nothing is any more.
  Io flush();
  size_t held() const { return end_ - begin_; }

  // What the last read gave.
  const Io& last_read() const { return last_read_; }
  // From now on there is nothing to read: the connection is to fail.
  void refuse_more() { refuses_ = true; }

 private:
  int read(char* into, int size);
  bool append(const char* bytes, size_t size);
  static BIO_METHOD* method();

  Stream& below_;
  Block block_;  // bytes [begin_, end_) of it wait
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
  Io last_read_;
  bool refuses_ = false;
};

}  // namespace fairlead::net
