#include "net/tls_client.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <array>

#include "net/tls_settings.h"

namespace fairlead::net {
namespace {

using StackPtr =
    std::unique_ptr<STACK_OF(X509), FreeBy<[](STACK_OF(X509) * stack) { sk_X509_free(stack); }>>;

// After that long a certificate is looked at again, however often its session was resumed.
constexpr Duration kVerifiedFor = 1h;
// A pool has fewer backends, unless they come and go.
constexpr size_t kMostSessions = 4096;
// Of another's certificate in our words: enough to see whose it is.
constexpr size_t kMostWords = 200;

std::string shortened(std::string text) {
  if (text.size() > kMostWords) text.replace(kMostWords, text.npos, "...");
  return text;
}

// Whom a certificate is for.
std::string bearers_of(const X509& certificate) {
  std::string names = names_of(certificate);
  if (names.empty()) names = text_of(X509_get_subject_name(&certificate));
  return names.empty() ? "nobody" : shortened(std::move(names));
}

std::string words_of(int error, const X509* certificate, std::string_view wanted) {
  if (certificate == nullptr) return X509_verify_cert_error_string(error);
  if (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH)
    return fmt::format("its certificate is not for {}, but for {}", wanted,
                       bearers_of(*certificate));
  return fmt::format("{}: {}", X509_verify_cert_error_string(error),
                     shortened(text_of(X509_get_subject_name(certificate))));
}

bool offer_protocols(SSL* ssl, Protocols protocols) {
  if (protocols.empty()) return true;
  std::string wire;  // each behind its length
  for (const std::string_view protocol : protocols) {
    wire += static_cast<char>(protocol.size());
    wire += protocol;
  }
  return SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(wire.data()),
                             static_cast<unsigned>(wire.size())) == 0;  // unlike all the others
}

}  // namespace

TlsClient::TlsClient(const TlsLibrary& library, TlsClientOptions options, const Network& network)
    : options_(std::move(options)),
      network_(network),
      context_(SSL_CTX_new_ex(library.get(), nullptr, TLS_client_method())) {}

Result<std::shared_ptr<TlsClient>> TlsClient::make(const TlsLibrary& library,
                                                   const TlsClientOptions& options,
                                                   const Network& network) {
  ERR_clear_error();
  std::shared_ptr<TlsClient> client(new TlsClient(library, options, network));
  if (!client->context_ || !client->configure(library))
    return fail(Code::invalid, Side::internal, "tls: " + take_openssl_words());
  ERR_clear_error();
  return client;
}

bool TlsClient::configure(const TlsLibrary& library) {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_session_cache_mode(context, options_.resume
                                              ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL
                                              : SSL_SESS_CACHE_OFF);
  if (options_.resume) SSL_CTX_sess_set_new_cb(context, keep_session);
  return set_modern_tls(context, options_.only_1_3) && (!options_.verify || trust(library)) &&
         (options_.certificate.certificates.empty() || show_certificate(library));
}

bool TlsClient::trust(const TlsLibrary& library) {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, note_objection);
  if (options_.ca.empty()) {
    X509_STORE* const system = library.system_authorities();
    if (system) SSL_CTX_set1_cert_store(context, system);
    return system != nullptr;
  }
  const auto issuers = read_certificates(library.get(), options_.ca);
  if (issuers.empty()) return false;
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  // What stands in the file is trusted, whether it has signed itself or not.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  for (const CertificatePtr& issuer : issuers) {
    if (X509_STORE_add_cert(store, issuer.get()) != 1) return false;
  }
  return true;
}

bool TlsClient::show_certificate(const TlsLibrary& library) {
  auto chain = read_certificates(library.get(), options_.certificate.certificates);
  const KeyPtr key = read_key(library.get(), options_.certificate.key);
  if (chain.empty() || !key) return false;
  const StackPtr issuers(sk_X509_new_null());
  for (size_t i = 1; i < chain.size(); ++i) sk_X509_push(issuers.get(), chain[i].get());
  return SSL_CTX_use_cert_and_key(context_.get(), chain.front().get(), key.get(), issuers.get(),
                                  1) == 1;
}

// ---- a connection ---------------------------------------------------------------------

TlsCall& TlsClient::call_of(const SSL* ssl) {
  return *static_cast<TlsCall*>(SSL_get_app_data(ssl));
}

SslPtr TlsClient::begin(TlsCall& call) {
  ERR_clear_error();
  SslPtr ssl(SSL_new(context_.get()));
  if (!ssl) return nullptr;
  SSL_set_app_data(ssl.get(), &call);
  SSL_set_connect_state(ssl.get());
  if (!demand_name(ssl.get(), call.peer) || !offer_protocols(ssl.get(), call.offered))
    return nullptr;
  if (options_.resume) offer_session(ssl.get(), call);
  return ssl;
}

// SNI names hosts alone (RFC 6066 3).
bool TlsClient::demand_name(SSL* ssl, const Address& peer) const {
  const std::string& name = options_.server_name;
  const auto ip = name.empty() ? peer.ip() : Ip::parse(name);
  if (!ip && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) return false;
  if (!options_.verify) return true;
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
  if (ip) return X509_VERIFY_PARAM_set1_ip_asc(wanted, ip->text().c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(wanted, name.data(), name.size()) == 1;
}

int TlsClient::note_objection(int is_good, X509_STORE_CTX* check) {
  if (is_good == 1) return 1;
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx()));
  TlsCall& call = call_of(ssl);
  const std::string& name = call.client.server_name();
  call.objection = words_of(X509_STORE_CTX_get_error(check), X509_STORE_CTX_get_current_cert(check),
                            name.empty() ? call.peer.host_text() : name);
  return 0;
}

// ---- sessions -------------------------------------------------------------------------

void TlsClient::offer_session(SSL* ssl, TlsCall& call) {
  const auto found = sessions_.find(call.peer);
  if (found == sessions_.end()) return;
  if (network_.now() - found->second.verified >= kVerifiedFor) {
    sessions_.erase(found);
    return;
  }
  call.verified = found->second.verified;
  // A copy: OpenSSL takes each for one use in TLS 1.3, so that clients cannot be traced by them. A
  // backend may well know that it is us again, and not every one sends a new ticket each time.
  const SessionPtr copy(SSL_SESSION_dup(found->second.session.get()));
  if (copy) SSL_set_session(ssl, copy.get());
}

void TlsClient::keep(const TlsCall& call, SSL* ssl, SessionPtr session) {
  const Instant verified = SSL_session_reused(ssl) == 1 ? call.verified : network_.now();
  if (sessions_.size() >= kMostSessions && !sessions_.contains(call.peer))
    sessions_.erase(sessions_.begin());
  sessions_.insert_or_assign(call.peer, Session{std::move(session), verified});
}

// 1: the reference is ours.
int TlsClient::keep_session(SSL* ssl, SSL_SESSION* session) {
  if (SSL_SESSION_is_resumable(session) != 1) return 0;
  const TlsCall& call = call_of(ssl);
  call.client.keep(call, ssl, SessionPtr(session));
  return 1;
}

}  // namespace fairlead::net
