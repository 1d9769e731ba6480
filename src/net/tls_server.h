// TlsServer: how one listener of one worker speaks TLS: versions, ciphers, certificates, tickets.
//
// TLS 1.2 and 1.3; ephemeral keys and authenticated encryption alone; our order of preference;
// neither compression nor renegotiation. Sessions are resumed by tickets: nothing is kept of those
// who left.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/network.h"
#include "net/openssl.h"
#include "net/ticket_keys.h"
#include "net/tls_certificates.h"
#include "net/tls_library.h"

namespace fairlead::net {

struct TlsServerOptions {
  std::vector<TlsPem> certificates{};  // the first one is for who names none
  bool only_1_3 = false;
  std::string
      client_ca{};  // who may sign certificates of clients, as PEM; empty: none is asked for
  bool client_required = true;
  std::vector<std::string> protocols{};  // ALPN, the preferred first; empty: not spoken
  std::string scope{};  // tickets of one scope are no good in another: the listener's name
};

// What a connection of TLS 1.3 protects its records with behind the handshake.
struct TlsSecrets {
  TrafficSecret ours{};
  TrafficSecret theirs{};
  uint64_t records = 0;  // that ours has protected

  ~TlsSecrets() { OPENSSL_cleanse(this, sizeof(*this)); }
};

class TlsServer {
 public:
  // `network` tells the time; it and the library outlive the server. Error: `invalid`, with words.
  // Cost: a millisecond, and one for each RSA key.
  static Result<std::shared_ptr<const TlsServer>> make(const TlsLibrary& library,
                                                       const TlsServerOptions& options,
                                                       std::shared_ptr<TicketKeys> tickets,
                                                       const Network& network);
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  // A connection's own state, still without a transport. It fills in `secrets`, which outlives it.
  // Null: out of memory.
  SslPtr begin(TlsSecrets& secrets) const;
  const TlsLibrary& library() const { return library_; }
  WallTime wall_now() const { return network_.wall_now(); }

 private:
  TlsServer(const TlsLibrary& library, TlsCertificates certificates,
            std::shared_ptr<TicketKeys> tickets, const Network& network);

  bool configure(const TlsServerOptions& options);
  bool trust(const TlsServerOptions& options);
  bool limit_tickets(const TlsServerOptions& options);
  int seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) const;
  int unseal(const SSL* ssl, const unsigned char* name, const unsigned char* iv,
             EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) const;

  static const TlsServer& of(const SSL* ssl);
  static void note_secret(const SSL* ssl, const char* line);
  static int choose_certificate(SSL* ssl, void* self);
  static int staple(SSL* ssl, void* self);
  static int choose_protocol(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                             const unsigned char* offered, unsigned int size, void* self);
  static int handle_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                           EVP_MAC_CTX* mac, int sealing);

  const TlsLibrary& library_;
  TlsCertificates certificates_;
  std::shared_ptr<TicketKeys> tickets_;
  const Network& network_;
  std::string protocols_;  // each behind its length, as ALPN has them
  ContextPtr context_;
};

}  // namespace fairlead::net
