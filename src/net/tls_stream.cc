#include "net/tls_stream.h"

#include <openssl/err.h>

#include <algorithm>

#include "base/check.h"
#include "net/tls13_stream.h"

namespace fairlead::net {
namespace {

// Of plain text in a record: four of them, encrypted, fill a middle block.
constexpr size_t kRecord = 16'000;
constexpr size_t kMostRecords = 4;
// What a record grows by at the most, in either version with AEAD.
constexpr size_t kOverhead = 64;
// Key updates and tickets in a row, without a byte of data, each of which costs us a key and more.
constexpr uint32_t kMostIdleMessages = 16;
// Names of a client that would not fit into a request's head are not worth their memory.
constexpr size_t kLongestIdentity = 8 * 1024;

Code code_of(int reason) {
  switch (reason) {
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_APPLICATION_PROTOCOL:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:  // nothing in common, as a server says it
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: return Code::unsupported;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_UNSUPPORTED_SSL_VERSION:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION: return Code::version_unsupported;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_CERTIFICATE_VERIFY_FAILED: return Code::permission;
    default: break;
  }
  // The peer's own alerts: it has turned us down.
  return reason > SSL_AD_REASON_OFFSET ? Code::closed : Code::malformed;
}

// As the client has asked for it (RFC 6066 4): 512 bytes, or as many doubled up to three times.
size_t most_text_of(const SSL* ssl) {
  const uint8_t asked = SSL_SESSION_get_max_fragment_length(SSL_get_session(ssl));
  return asked == TLSEXT_max_fragment_length_DISABLED ? kMostRecordText : size_t{256} << asked;
}

}  // namespace

TlsStream::TlsStream(std::unique_ptr<Stream> below, Side peer, std::shared_ptr<const void> settings)
    : Stream(*below),
      below_(std::move(below)),
      peer_(peer),
      settings_(std::move(settings)),
      wire_(*below_) {}

TlsStream::TlsStream(std::unique_ptr<Stream> below, std::shared_ptr<const TlsServer> server)
    : TlsStream(std::move(below), Side::downstream, server) {
  secrets_ = std::make_unique<TlsSecrets>();
  begin(server->begin(*secrets_));
  SSL_set_accept_state(ssl_.get());
  wire_.give_by_record(true);
}

TlsStream::TlsStream(std::unique_ptr<Stream> below, std::shared_ptr<TlsClient> client,
                     const Address& peer, Protocols protocols)
    : TlsStream(std::move(below), Side::upstream, client) {
  call_ = std::make_unique<TlsCall>(TlsCall{.client = *client, .peer = peer, .offered = protocols});
  begin(client->begin(*call_));
}

void TlsStream::begin(SslPtr ssl) {
  CHECK(ssl);
  ssl_ = std::move(ssl);
  BIO* bio = wire_.make_bio();
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_msg_callback(ssl_.get(), watch_messages);
  SSL_set_msg_callback_arg(ssl_.get(), this);
}

TlsStream::~TlsStream() {
  if (below_ && !reset_ && !is_deaf_ && established_ && !has_failed()) {
    if (!(SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN)) SSL_shutdown(ssl_.get());
    wire_.flush();
    ERR_clear_error();
  }
  // A session of a connection that did not end in order is not resumed; to OpenSSL none ever does,
  // where both sides have not said goodbye. What is a reason not to, it has marked by itself.
  if (call_ && established_)
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

std::unique_ptr<Stream> TlsStream::take_below() { return std::move(below_); }

void TlsStream::watch_messages(int is_sent, int, int type, const void* bytes, size_t size, SSL*,
                               void* self) {
  auto& stream = *static_cast<TlsStream*>(self);
  if (is_sent && type == SSL3_RT_HEADER && stream.secrets_) ++stream.secrets_->records;
  if (type != SSL3_RT_HANDSHAKE || size == 0) return;
  const unsigned char message = *static_cast<const unsigned char*>(bytes);
  if (is_sent) {
    // What a server sends behind this, it protects with the key that it keeps.
    if (message == SSL3_MT_FINISHED && stream.secrets_) stream.secrets_->records = 0;
    return;
  }
  const bool is_ticket = stream.established_ && message == SSL3_MT_NEWSESSION_TICKET;
  if (message != SSL3_MT_KEY_UPDATE && !is_ticket) return;
  if (++stream.idle_messages_ > kMostIdleMessages) stream.wire_.refuse_more();
}

// ---- the handshake --------------------------------------------------------------------

Io TlsStream::handshake() {
  if (has_failed()) return Io::failed(failure_.code);
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1 && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
    const Io failed = fail_handshake();
    wire_.flush();  // the alert that tells the peer why
    return failed;
  }
  // A server of TLS 1.3 has but tickets to send by now: they wait for what comes next.
  const bool may_wait = result == 1 && secrets_ && secrets_->theirs.size > 0;
  const Io io = may_wait ? Io::done(0) : wire_.flush();
  if (io.state == Io::State::failed)
    return fail_with(io.code, "the connection broke in the handshake");
  if (result != 1 || io.state == Io::State::blocked) return Io::blocked();
  if (has_foreign_protocol())
    return fail_with(Code::unsupported, "the server chose a protocol that was not offered");
  if (const Io noted = is_server() ? note_client() : Io::done(0); noted.state != Io::State::done)
    return noted;
  end_handshake();
  return Io::done(0);
}

std::array<Event*, 2> TlsStream::awaited() {
  return {SSL_is_init_finished(ssl_.get()) ? nullptr : &readable(),
          wire_.held() > 0 ? &writable() : nullptr};
}

void TlsStream::end_handshake() {
  established_ = true;
  wire_.give_by_record(false);
  // What came with the last message of the handshake is here, and no event will tell of it.
  if (has_pending()) readable().set_quietly();
}

std::unique_ptr<Stream> TlsStream::go_on_lightly() {
  if (!secrets_ || !below_ || secrets_->ours.size == 0 || secrets_->theirs.size == 0) return nullptr;
  const uint16_t id = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl_.get()));
  const RecordSuite* const suite = static_cast<const TlsServer*>(settings_.get())->library().record_suite(id);
  if (!suite) return nullptr;
  const TlsFacts known = tls();
  auto facts = std::make_unique<Tls13Stream::Facts>();
  facts->server_name = known.server_name;
  facts->protocol = known.protocol;
  facts->client_subject = known.client_subject;
  facts->client_names = known.client_names;
  facts->is_resumed = known.is_resumed;
  return std::make_unique<Tls13Stream>(
      std::move(below_),
      Tls13Stream::Begun{.read_key = {*suite, secrets_->theirs, 0},
                         .write_key = {*suite, secrets_->ours, secrets_->records},
                         .unread = wire_.take_unread(),
                         .outbox = wire_.take_outbox(),
                         .facts = std::move(facts),
                         .most_text = most_text_of(ssl_.get())});
}

bool TlsStream::has_foreign_protocol() const {
  const std::string_view chosen = tls().protocol;
  return call_ && !chosen.empty() &&
         std::ranges::find(call_->offered, chosen) == call_->offered.end();
}

Io TlsStream::fail_handshake() {
  const Io& last = wire_.last_read();
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  std::string words = take_openssl_words();
  if (call_) call_->client.forget(call_->peer);
  if (words.empty() && last.state == Io::State::end) {
    return is_server() ? fail_with(Code::cancelled, "the client left in the handshake")
                       : fail_with(Code::closed, "the server closed it in the handshake");
  }
  if (words.empty() && last.state == Io::State::failed)
    return fail_with(last.code, "the connection broke in the handshake");
  plain_http_ = reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST;
  if (plain_http_) return fail_with(Code::malformed, "plain HTTP came, not TLS");
  return fail_with(code_of(reason), words_of_refusal(reason, std::move(words)));
}

std::string TlsStream::words_of_refusal(int reason, std::string words) const {
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    if (!is_server()) return call_->objection;
    return std::string("the client's certificate: ") +
           X509_verify_cert_error_string(SSL_get_verify_result(ssl_.get()));
  }
  if (reason > SSL_AD_REASON_OFFSET)
    return (is_server() ? "the client refused: " : "the server refused: ") + words;
  if (!is_server() && reason == SSL_R_WRONG_VERSION_NUMBER)
    return "what the server answered is no TLS";
  return words;
}

Io TlsStream::fail_with(Code code, std::string words) {
  set_failed();
  failure_ = {code, peer_, is_server() || established_ ? Again::no : Again::yes,
              "tls: " + std::move(words)};
  return Io::failed(code);
}

// A certificate that a session remembers was verified when that began, and may have come to its end
// since.
Io TlsStream::note_client() {
  const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (!certificate) return Io::done(0);
  const auto& server = *static_cast<const TlsServer*>(settings_.get());
  if (SSL_session_reused(ssl_.get()) && time_of(X509_get0_notAfter(certificate)) < server.wall_now())
    return fail_with(Code::permission, "the client's certificate has expired since");
  client_ = std::make_unique<Client>(
      Client{text_of(X509_get_subject_name(certificate)), names_of(*certificate)});
  if (client_->subject.size() > kLongestIdentity) client_->subject.clear();
  if (client_->names.size() > kLongestIdentity) client_->names.clear();
  return Io::done(0);
}

TlsFacts TlsStream::tls() const {
  TlsFacts facts;
  facts.version = SSL_get_version(ssl_.get());
  if (const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name))
    facts.server_name = name;
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
  facts.protocol = {reinterpret_cast<const char*>(protocol), size};
  facts.is_resumed = SSL_session_reused(ssl_.get()) == 1;
  if (client_) {
    facts.client_subject = client_->subject;
    facts.client_names = client_->names;
  }
  return facts;
}

// ---- bytes ----------------------------------------------------------------------------

// Sends what is held, and then the end where it is due.
Io TlsStream::flush() {
  const Io io = wire_.flush();
  if (io.state == Io::State::failed) return fail_to_write(io.code);
  if (io.state == Io::State::done && std::exchange(ending_, false)) below_->shutdown_write();
  return io;
}

// Why a read gave nothing.
Io TlsStream::stopped_reading(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return Io::blocked();
    case SSL_ERROR_ZERO_RETURN: return Io::end();
    default: break;
  }
  const Io& last = wire_.last_read();
  std::string words = take_openssl_words();
  if (last.state == Io::State::end)
    return fail_with(Code::closed, "the connection ended without a close_notify");
  if (last.state == Io::State::failed && words.empty())
    return fail_with(last.code, idle_messages_ > kMostIdleMessages
                                    ? "too many key updates or tickets"
                                    : "the connection broke");
  return fail_with(Code::malformed, std::move(words));
}

bool TlsStream::is_quiet() {
  if (has_failed()) return false;
  if (!has_pending() && below_->is_quiet()) return true;
  ERR_clear_error();
  char byte = 0;
  size_t count = 0;
  const int result = SSL_peek_ex(ssl_.get(), &byte, 1, &count);
  const bool is_quiet = result != 1 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ;
  ERR_clear_error();
  if (is_quiet && wire_.held() > 0) flush();  // the answer to a key update
  return is_quiet && !has_failed();
}

// What the peer has said before may still be read.
Io TlsStream::fail_to_write(Code code) {
  if (below_->has_failed()) return fail_with(code, "the connection broke");
  is_deaf_ = true;
  wire_.take_outbox();
  return Io::failed(code);
}

Io TlsStream::read(std::span<char> into) {
  if (has_failed()) return Io::failed(failure_.code);
  if (wire_.held() > 0) flush();
  size_t total = 0;
  Io last;
  while (total < into.size()) {
    if (!readable().is_set() && !has_pending()) break;  // and take no buffer for it
    ERR_clear_error();
    size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data() + total, into.size() - total, &count);
    if (result == 1) {
      idle_messages_ = 0;
      total += count;
      continue;
    }
    last = stopped_reading(result);
    break;
  }
  if (wire_.held() > 0) flush();  // an alert, or the answer to a key update
  if (total == 0) return last;
  // What stands behind these bytes is to be asked for again, and no event will tell of it.
  const bool more = total == into.size() && has_pending();
  if (more || last.state != Io::State::blocked) readable().set_quietly();
  return Io::done(total);
}

Io TlsStream::write(std::span<const char> from) {
  if (has_failed()) return Io::failed(failure_.code);
  if (is_deaf_) return Io::failed(Code::reset);
  if (wire_.held() > 0) {
    if (const Io io = flush(); io.state != Io::State::done) return io;
  }
  const size_t size = std::min(from.size(), kRecord * kMostRecords);
  size_t taken = std::exchange(owes_byte_, false) ? 1 : 0;
  if (taken < size) wire_.expect(std::min(size + kMostRecords * kOverhead, kMiddleBlock));
  while (taken < size) {
    ERR_clear_error();
    size_t count = 0;
    if (SSL_write_ex(ssl_.get(), from.data() + taken, std::min(size - taken, kRecord), &count) != 1)
      return fail_with(Code::reset, take_openssl_words());
    taken += count;
  }
  const Io io = flush();
  if (io.state == Io::State::failed) return io;
  if (io.state == Io::State::done || taken == 1) return Io::done(taken);
  // Encrypted is not sent. The last byte stays the caller's until all before it have left: so he
  // keeps the stream until then, as he would without TLS, and the destructor has nothing to
  // deliver.
  owes_byte_ = true;
  return Io::done(taken - 1);
}

void TlsStream::shutdown_write() {
  if (has_failed() || is_deaf_ || (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN)) return;
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  ending_ = true;
  flush();
}

void TlsStream::reset() {
  reset_ = true;
  below_->reset();
}

}  // namespace fairlead::net
