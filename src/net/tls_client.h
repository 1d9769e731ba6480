// TlsClient: how one pool of one worker speaks TLS with its backends: whom it trusts, which name
// their certificates must bear, what it shows of itself, and the sessions that it can resume.
//
// Certificates are verified unless that is turned off. A session is kept for each address, the
// newest; what was verified is believed for an hour, then a handshake is done in full again.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/instant.h"
#include "base/result.h"
#include "net/network.h"
#include "net/openssl.h"
#include "net/tls_certificates.h"
#include "net/tls_library.h"

namespace fairlead::net {

struct TlsClientOptions {
  std::string ca{};  // who signs the servers' certificates, as PEM; empty: the system's CAs
  std::string server_name{};  // that is asked for (SNI) and verified; empty: the address, no SNI
  bool verify = true;
  TlsPem certificate{};  // shown to servers that ask for one; empty: none
  bool only_1_3 = false;
  bool resume = true;
};

// The protocols to offer by ALPN, the preferred first. They outlive the handshake.
using Protocols = std::span<const std::string_view>;

class TlsClient;

// What OpenSSL's callbacks know of a connection. Stays where it is, and outlives its SSL.
struct TlsCall {
  TlsClient& client;
  Address peer;
  Protocols offered;
  Instant verified{};       // when its certificate was, if a session is offered
  std::string objection{};  // why its certificate is not taken; empty: it is
};

class TlsClient {
 public:
  // `network` tells the time; it and the library outlive the client. Error: `invalid`, with words.
  // Cost: a millisecond, and more for a long `ca`.
  static Result<std::shared_ptr<TlsClient>> make(const TlsLibrary& library,
                                                 const TlsClientOptions& options,
                                                 const Network& network);
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // A connection's own state, still without a transport. Null: out of memory.
  SslPtr begin(TlsCall& call);
  // Nothing is resumed with this one any more.
  void forget(const Address& peer) { sessions_.erase(peer); }

  // The name that certificates must bear; empty: their servers' addresses.
  const std::string& server_name() const { return options_.server_name; }
  // How many sessions could be resumed.
  size_t sessions() const { return sessions_.size(); }

 private:
  using SessionPtr = std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>>;
  struct Session {
    SessionPtr session;
    Instant verified;
  };

  TlsClient(const TlsLibrary& library, TlsClientOptions options, const Network& network);

  bool configure(const TlsLibrary& library);
  bool trust(const TlsLibrary& library);
  bool show_certificate(const TlsLibrary& library);
  bool demand_name(SSL* ssl, const Address& peer) const;
  void offer_session(SSL* ssl, TlsCall& call);
  void keep(const TlsCall& call, SSL* ssl, SessionPtr session);

  static TlsCall& call_of(const SSL* ssl);
  static int note_objection(int is_good, X509_STORE_CTX* check);
  static int keep_session(SSL* ssl, SSL_SESSION* session);

  TlsClientOptions options_;
  const Network& network_;
  ContextPtr context_;
  std::map<Address, Session> sessions_;
};

}  // namespace fairlead::net
