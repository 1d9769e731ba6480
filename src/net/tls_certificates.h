// TlsCertificates: the certificates of one listener, and which of them a client is shown.
//
// By the name that it asks for (SNI): a certificate of just that name, else one for "*.name", else
// the first of all. For each kind of key (RSA, ECDSA) one of them, so that every client finds what
// it can use. A certificate is parsed when the first client is shown it: parsing hundreds of them
// at a reload would stop the loop for too long.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "net/openssl.h"

namespace fairlead::net {

struct TlsPem {
  std::string certificates{};  // the server's own, then those that lead to its issuer
  std::string key{};
  std::string staple{};    // of listeners: an OCSP response, in DER; empty: none
  WallTime staple_ends{};  // from then on it is not shown
  // What the first is good for, in lower case, and the kind of its key, "EC": with both it is not
  // parsed before it is used.
  std::vector<std::string> names{};
  std::string key_kind{};
};

class TlsCertificates {
 public:
  // Error: `invalid`, with words; whatever inspect_certificate() takes is no error here. Cost: 0.7
  // ms for each that is parsed at once. The library outlives this. REQUIRES: at least one.
  static Result<TlsCertificates> load(OSSL_LIB_CTX* library, std::span<const TlsPem> pems);

  // Gives the connection those for this name; empty: for a client that names none. Cost: 0.7 ms
  // where one is shown for the first time.
  bool give(SSL* ssl, std::string_view name) const;
  // The OCSP response for the one that the connection was given; empty: none that is good now.
  std::string_view staple_of(SSL* ssl, WallTime now) const;

 private:
  using StackPtr =
      std::unique_ptr<STACK_OF(X509), FreeBy<[](STACK_OF(X509) * stack) { sk_X509_free(stack); }>>;
  struct Loaded {
    TlsPem pem;                // its texts until they are parsed
    CertificatePtr leaf = {};  // null: not yet parsed
    KeyPtr key = {};
    std::vector<CertificatePtr> chain = {};
    StackPtr stack = {};  // the chain, as OpenSSL wants it
  };
  using Choice = std::vector<uint32_t>;  // indexes, one for each kind of key

  bool parse(Loaded& one) const;
  void add_to(Choice& choice, uint32_t index) const;
  void index_names();
  const Choice& choose(std::string_view name) const;

  OSSL_LIB_CTX* library_ = nullptr;
  mutable std::vector<Loaded> loaded_;
  std::unordered_map<std::string, Choice> by_name_;
  Choice default_;
};

}  // namespace fairlead::net
