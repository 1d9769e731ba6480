// TlsStream: an end of a TLS connection, as a Stream over the one that carries it.
//
// Its events are those of the stream below, so that waiting costs nothing more. What write() says
// it took has been taken below, too, but for the bytes that in_flight() tells: back-pressure is the
// carrier's. While nothing moves it holds no buffer, neither its own nor OpenSSL's.
// Legal order of calls: handshake() until it is done, then all of a Stream.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "net/tls_client.h"
#include "net/tls_server.h"
#include "net/tls_wire.h"

namespace fairlead::net {

class TlsStream final : public Stream {
 public:
  // The server's end.
  TlsStream(std::unique_ptr<Stream> below, std::shared_ptr<const TlsServer> server);
  // The client's end, of a connection to `peer`.
  TlsStream(std::unique_ptr<Stream> below, std::shared_ptr<TlsClient> client, const Address& peer,
            Protocols protocols);
  // Says that it ends (close_notify), unless it was reset.
  ~TlsStream() override;

  // Goes on with the handshake. Blocked: wait for one of awaited(). Failed: failure() says why.
  Io handshake();
  // Null: not for that.
  std::array<Event*, 2> awaited();
  // The peer's fault; in words: "tls: no shared cipher".
  const Error& failure() const { return failure_; }
  // Whether what came instead of a handshake was an HTTP request.
  bool was_plain_http() const { return plain_http_; }
  // The stream that it ran over; this one is of no use any more.
  std::unique_ptr<Stream> take_below();
  // The same connection without OpenSSL's part in it, of which this is the last use. Null, and
  // nothing has changed: that takes the server's end of TLS 1.3.
  // Legal order of calls: behind the handshake, before anything else.
  std::unique_ptr<Stream> go_on_lightly();

  // Failed with `closed`: the connection ended without the peer having said so (a truncation).
  Io read(std::span<char> into) override;
  Io write(std::span<const char> from) override;
  Io connected() override { return below_->connected(); }
  void watch_now() override { below_->watch_now(); }
  // Takes in what is no data, such as tickets.
  bool is_quiet() override;
  size_t in_flight() const override { return below_->in_flight() + wire_.held(); }
  void shutdown_write() override;
  void reset() override;
  Address peer() const override { return below_->peer(); }
  Address local() const override { return below_->local(); }
  TlsFacts tls() const override;

 private:
  struct Client {
    std::string subject;
    std::string names;
  };

  TlsStream(std::unique_ptr<Stream> below, Side peer, std::shared_ptr<const void> settings);

  bool is_server() const { return peer_ == Side::downstream; }
  void begin(SslPtr ssl);
  // Whether something was read below that nobody has read here.
  bool has_pending() const { return SSL_has_pending(ssl_.get()) || wire_.has_unread(); }
  Io flush();
  Io fail_with(Code code, std::string words);
  Io fail_to_write(Code code);
  Io fail_handshake();
  std::string words_of_refusal(int reason, std::string words) const;
  bool has_foreign_protocol() const;
  void end_handshake();
  Io stopped_reading(int result);
  Io note_client();
  static void watch_messages(int is_sent, int version, int type, const void* bytes, size_t size,
                             SSL* ssl, void* self);

  std::unique_ptr<Stream> below_;
  const Side peer_;
  std::shared_ptr<const void> settings_;  // kept: a TlsServer or a TlsClient
  TlsWire wire_;
  std::unique_ptr<TlsCall> call_;  // of a client's end
  std::unique_ptr<TlsSecrets> secrets_;  // of a server's
  SslPtr ssl_;
  std::unique_ptr<Client> client_;
  Error failure_;
  uint32_t idle_messages_ = 0;  // of the protocol itself, since data came
  bool established_ = false;
  bool owes_byte_ = false;  // the last byte that was encrypted was not yet said to be taken
  bool ending_ = false;     // our direction ends behind what is held
  bool is_deaf_ = false;    // the peer takes nothing any more
  bool reset_ = false;
  bool plain_http_ = false;
};

}  // namespace fairlead::net
