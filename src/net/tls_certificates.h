// TlsCertificates: the certificates of one listener, and which of them a client is shown.
//
// By the name that it asks for (SNI): a certificate of just that name, else one for "*.name", else
// the first of all. For each kind of key (RSA, ECDSA) one of them, so that every client finds what
// it can use.
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
};

class TlsCertificates {
 public:
  // Error: `invalid`, with words; whatever inspect_certificate() takes is no error here.
  // REQUIRES: at least one.
  static Result<TlsCertificates> load(OSSL_LIB_CTX* library, std::span<const TlsPem> pems);

  // Gives the connection those for this name; empty: for a client that names none.
  bool give(SSL* ssl, std::string_view name) const;
  // The OCSP response for the one that the connection was given; empty: none that is good now.
  std::string_view staple_of(SSL* ssl, WallTime now) const;

 private:
  struct Loaded {
    CertificatePtr leaf;
    KeyPtr key;
    std::vector<CertificatePtr> chain;
    STACK_OF(X509) * stack = nullptr;  // the chain, as OpenSSL wants it
    std::string staple;
    WallTime staple_ends{};
    Loaded() = default;
    Loaded(Loaded&& other) noexcept
        : leaf(std::move(other.leaf)),
          key(std::move(other.key)),
          chain(std::move(other.chain)),
          stack(std::exchange(other.stack, nullptr)),
          staple(std::move(other.staple)),
          staple_ends(other.staple_ends) {}
    ~Loaded() { sk_X509_free(stack); }
  };
  using Choice = std::vector<uint32_t>;  // indexes, one for each kind of key

  void add_to(Choice& choice, uint32_t index) const;
  void index_names();
  const Choice& choose(std::string_view name) const;

  std::vector<Loaded> loaded_;
  std::unordered_map<std::string, Choice> by_name_;
  Choice default_;
};

}  // namespace fairlead::net
