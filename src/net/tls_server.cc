#include "net/tls_server.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <array>

#include "net/tls_settings.h"

namespace fairlead::net {
namespace {

constexpr uint64_t kOptions = SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;

int accept_name(SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; }

bool set_mac_key(EVP_MAC_CTX* mac, const TicketKey& key) {
  char digest[] = "SHA256";
  const std::array<OSSL_PARAM, 3> params = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
                                        const_cast<unsigned char*>(key.mac.data()), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params.data()) == 1;
}

}  // namespace

TlsServer::TlsServer(const TlsLibrary& library, TlsCertificates certificates,
                     std::shared_ptr<TicketKeys> tickets, const Network& network)
    : library_(library),
      certificates_(std::move(certificates)),
      tickets_(std::move(tickets)),
      network_(network),
      context_(SSL_CTX_new_ex(library.get(), nullptr, TLS_server_method())) {}

Result<std::shared_ptr<const TlsServer>> TlsServer::make(const TlsLibrary& library,
                                                         const TlsServerOptions& options,
                                                         std::shared_ptr<TicketKeys> tickets,
                                                         const Network& network) {
  auto certificates = TlsCertificates::load(library.get(), options.certificates);
  if (!certificates) return std::unexpected(certificates.error());
  std::shared_ptr<TlsServer> server(
      new TlsServer(library, std::move(*certificates), std::move(tickets), network));
  if (!server->context_ || !server->configure(options))
    return fail(Code::invalid, Side::internal, "tls: " + take_openssl_words());
  return server;
}

bool TlsServer::configure(const TlsServerOptions& options) {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_options(context, kOptions);
  SSL_CTX_set_cert_cb(context, choose_certificate, this);
  SSL_CTX_set_tlsext_servername_callback(context, accept_name);
  SSL_CTX_set_keylog_callback(context, note_secret);
  SSL_CTX_set_tlsext_status_cb(context, staple);
  SSL_CTX_set_tlsext_status_arg(context, this);
  if (!options.protocols.empty()) {
    for (const std::string& protocol : options.protocols)
      protocols_ += static_cast<char>(protocol.size()) + protocol;
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, this);
  }
  return set_modern_tls(context, options.only_1_3) && limit_tickets(options) &&
         (options.client_ca.empty() || trust(options));
}

// Whose certificates clients may show.
bool TlsServer::trust(const TlsServerOptions& options) {
  const auto issuers = read_certificates(library_.get(), options.client_ca);
  if (issuers.empty()) return false;
  X509_STORE* const store = SSL_CTX_get_cert_store(context_.get());
  // What stands in the file is trusted, whether it has signed itself or not.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  for (const CertificatePtr& issuer : issuers) {
    if (X509_STORE_add_cert(store, issuer.get()) != 1 ||
        SSL_CTX_add_client_CA(context_.get(), issuer.get()) != 1)
      return false;
  }
  SSL_CTX_set_verify(
      context_.get(),
      SSL_VERIFY_PEER | (options.client_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  return true;
}

// A session that was begun elsewhere, or when other clients were trusted, must not be resumed here.
bool TlsServer::limit_tickets(const TlsServerOptions& options) {
  SSL_CTX* const context = context_.get();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  const std::string scope = options.scope + '\0' + (options.client_required ? '1' : '0') +
                            options.client_ca;
  size_t size = 0;
  if (EVP_Q_digest(library_.get(), "SHA256", nullptr, scope.data(), scope.size(), digest.data(),
                   &size) != 1 ||
      SSL_CTX_set_session_id_context(context, digest.data(), static_cast<unsigned>(size)) != 1)
    return false;
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);  // a client that opens more at once resumes from those
  return SSL_CTX_set_tlsext_ticket_key_evp_cb(context, handle_ticket) == 1;
}

const TlsServer& TlsServer::of(const SSL* ssl) {
  return *static_cast<const TlsServer*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

SslPtr TlsServer::begin(TlsSecrets& secrets) const {
  SslPtr ssl(SSL_new(context_.get()));
  if (ssl) SSL_set_app_data(ssl.get(), &secrets);
  return ssl;
}

// A line of the key log, which is the one place where OpenSSL tells them: a label, the client's
// random bytes, and the secret, in hexadecimal.
void TlsServer::note_secret(const SSL* ssl, const char* line) {
  auto* const secrets = static_cast<TlsSecrets*>(SSL_get_app_data(ssl));
  const std::string_view text = line;
  const std::string_view label = text.substr(0, text.find(' '));
  TrafficSecret* const secret = label == "SERVER_TRAFFIC_SECRET_0"   ? &secrets->ours
                                : label == "CLIENT_TRAFFIC_SECRET_0" ? &secrets->theirs
                                                                     : nullptr;
  if (!secret) return;
  const std::string_view hex = text.substr(text.rfind(' ') + 1);
  if (OPENSSL_hexstr2buf_ex(secret->bytes.data(), secret->bytes.size(), &secret->size, hex.data(),
                            '\0') != 1)
    secret->size = 0;
}

int TlsServer::choose_certificate(SSL* ssl, void* self) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  return static_cast<const TlsServer*>(self)->certificates_.give(ssl, name ? name : "") ? 1 : 0;
}

// To a client that has asked for it (RFC 6066 8), once its certificate is chosen.
int TlsServer::staple(SSL* ssl, void* self) {
  const auto& server = *static_cast<const TlsServer*>(self);
  const std::string_view response = server.certificates_.staple_of(ssl, server.network_.wall_now());
  if (response.empty()) return SSL_TLSEXT_ERR_NOACK;
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(response.data(), response.size()));
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(response.size()));  // which owns it
  return SSL_TLSEXT_ERR_OK;
}

// None in common: the client is told so (RFC 7301 3.2), and does not send what we cannot read.
int TlsServer::choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                               const unsigned char* offered, unsigned int size, void* self) {
  const std::string& ours = static_cast<const TlsServer*>(self)->protocols_;
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered, size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// ---- tickets --------------------------------------------------------------------------

int TlsServer::handle_ticket(SSL* ssl, unsigned char* name, unsigned char* iv,
                             EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int sealing) {
  const TlsServer& self = of(ssl);
  return sealing ? self.seal(name, iv, cipher, mac) : self.unseal(ssl, name, iv, cipher, mac);
}

// As OpenSSL wants it: 1 done, -1 failed.
int TlsServer::seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                    EVP_MAC_CTX* mac) const {
  const TicketKey key = tickets_->current(network_.now());
  std::ranges::copy(key.name, name);
  if (RAND_bytes_ex(library_.get(), iv, 16, 0) != 1) return -1;
  return EVP_EncryptInit_ex2(cipher, library_.ticket_cipher(), key.cipher.data(), iv, nullptr) ==
                     1 &&
                 set_mac_key(mac, key)
             ? 1
             : -1;
}

// 0: a full handshake, please; 1 done; 2 done, and the client is to get a new one.
// A client of TLS 1.3 uses a ticket once (RFC 8446 C.4), so it always gets a new one.
int TlsServer::unseal(const SSL* ssl, const unsigned char* name, const unsigned char* iv,
                      EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) const {
  const auto found = tickets_->find(std::span<const unsigned char, 16>(name, 16), network_.now());
  if (!found) return 0;
  const TicketKey& key = found->key;
  if (EVP_DecryptInit_ex2(cipher, library_.ticket_cipher(), key.cipher.data(), iv, nullptr) != 1 ||
      !set_mac_key(mac, key))
    return -1;
  return found->is_current && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
}

}  // namespace fairlead::net
