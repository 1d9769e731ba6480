#include "net/tls_server.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <array>

namespace fairlead::net {
namespace {

// Ephemeral keys and authenticated encryption; AES first for who has it in hardware, and
// SSL_OP_PRIORITIZE_CHACHA for who has not.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
// The first list that the library knows all of: OpenSSL 3.5 has the hybrid with ML-KEM.
constexpr const char* kGroups[] = {"X25519MLKEM768:X25519:P-256:P-384", "X25519:P-256:P-384"};

constexpr uint64_t kOptions = SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                              SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;
// As long as the key behind a ticket is good at least.
constexpr long kSessionSeconds = 3600;

int accept_name(SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; }

bool set_groups(SSL_CTX* context) {
  for (const char* groups : kGroups) {
    if (SSL_CTX_set1_groups_list(context, groups) == 1) return true;
  }
  return false;
}

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
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_cert_cb(context, choose_certificate, this);
  SSL_CTX_set_tlsext_servername_callback(context, accept_name);
  if (!options.protocols.empty()) {
    for (const std::string& protocol : options.protocols)
      protocols_ += static_cast<char>(protocol.size()) + protocol;
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, this);
  }
  return SSL_CTX_set_min_proto_version(context,
                                       options.only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, kCiphers) == 1 && set_groups(context) &&
         limit_tickets(options) && (options.client_ca.empty() || trust(options));
}

// Whose certificates clients may show.
bool TlsServer::trust(const TlsServerOptions& options) {
  const auto issuers = read_certificates(library_.get(), options.client_ca);
  if (issuers.empty()) return false;
  X509_STORE* const store = SSL_CTX_get_cert_store(context_.get());
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
  const std::string scope = options.scope + '\0' + options.client_ca;
  size_t size = 0;
  if (EVP_Q_digest(library_.get(), "SHA256", nullptr, scope.data(), scope.size(), digest.data(),
                   &size) != 1 ||
      SSL_CTX_set_session_id_context(context, digest.data(), static_cast<unsigned>(size)) != 1)
    return false;
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, kSessionSeconds);
  return SSL_CTX_set_tlsext_ticket_key_evp_cb(context, handle_ticket) == 1;
}

const TlsServer& TlsServer::of(const SSL* ssl) {
  return *static_cast<const TlsServer*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

int TlsServer::choose_certificate(SSL* ssl, void* self) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  return static_cast<const TlsServer*>(self)->certificates_.give(ssl, name ? name : "") ? 1 : 0;
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
  return sealing ? self.seal(name, iv, cipher, mac) : self.unseal(name, iv, cipher, mac);
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
int TlsServer::unseal(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                      EVP_MAC_CTX* mac) const {
  const auto found = tickets_->find(std::span<const unsigned char, 16>(name, 16), network_.now());
  if (!found) return 0;
  const TicketKey& key = found->key;
  if (EVP_DecryptInit_ex2(cipher, library_.ticket_cipher(), key.cipher.data(), iv, nullptr) != 1 ||
      !set_mac_key(mac, key))
    return -1;
  return found->is_current ? 1 : 2;
}

}  // namespace fairlead::net
