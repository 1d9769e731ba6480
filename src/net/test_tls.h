// A TLS client over a stream of the simulated network, and a server for it to talk to.
#pragma once

#include <openssl/err.h>

#include <chrono>
#include <string>
#include <string_view>

#include "net/network.h"
#include "net/self_signed.h"
#include "net/tls_accept.h"
#include "net/tls_library.h"

namespace fairlead::net {

inline TlsPem test_certificate(std::vector<std::string> hosts = {"a.example"}) {
  return make_self_signed(hosts, std::chrono::system_clock::now()).value();
}

// Says and hears what it is told to, one step at a time.
class TestTlsClient {
 public:
  explicit TestTlsClient(Stream& stream, const char* name = "a.example", SSL_CTX* context = nullptr)
      : stream_(stream), own_(context ? nullptr : SSL_CTX_new(TLS_client_method())) {
    ssl_.reset(SSL_new(context ? context : own_.get()));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_connect_state(ssl_.get());
    SSL_set_tlsext_host_name(ssl_.get(), name);
  }

  SSL* ssl() { return ssl_.get(); }
  // Moves ciphertext both ways, `at_once` bytes a write.
  void pump(size_t at_once = SIZE_MAX) {
    std::string buffer(65536, '\0');
    while (stream_.readable().is_set()) {
      const Io io = stream_.read(buffer);
      if (io.state == Io::State::end) ended_ = true;
      if (io.state == Io::State::failed) broke_ = true;
      if (io.state != Io::State::done) break;
      BIO_write(in_, buffer.data(), static_cast<int>(io.count));
    }
    char* waiting = nullptr;
    while (const long size = BIO_get_mem_data(out_, &waiting)) {
      const Io io = stream_.write({waiting, std::min(static_cast<size_t>(size), at_once)});
      if (io.state != Io::State::done) break;
      std::string gone(io.count, '\0');
      BIO_read(out_, gone.data(), static_cast<int>(io.count));
      if (at_once != SIZE_MAX) break;
    }
  }
  // True once it is through.
  bool shake(size_t at_once = SIZE_MAX) {
    ERR_clear_error();
    pump(at_once);
    const bool done = SSL_do_handshake(ssl_.get()) == 1;
    pump(at_once);
    return done;
  }
  void say(std::string_view text) {
    SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
    pump();
  }
  std::string hear() {
    pump();
    std::string all;
    std::string buffer(16384, '\0');
    ERR_clear_error();
    int count = 0;
    while ((count = SSL_read(ssl_.get(), buffer.data(), 16384)) > 0)
      all.append(buffer, 0, static_cast<size_t>(count));
    if (SSL_get_error(ssl_.get(), count) == SSL_ERROR_ZERO_RETURN) was_told_end_ = true;
    pump();
    return all;
  }
  bool was_told_end() const { return was_told_end_; }  // by close_notify
  bool saw_end() const { return ended_; }              // of the stream below
  bool saw_break() const { return broke_; }

 private:
  Stream& stream_;
  ContextPtr own_;
  SslPtr ssl_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
  bool was_told_end_ = false;
  bool ended_ = false;
  bool broke_ = false;
};

}  // namespace fairlead::net
