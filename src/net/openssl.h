// OpenSSL's objects as values of C++: who holds one frees it.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"

namespace fairlead::net {

template <auto free>
struct FreeBy {
  template <typename T>
  void operator()(T* object) const noexcept {
    free(object);
  }
};

using LibraryPtr = std::unique_ptr<OSSL_LIB_CTX, FreeBy<OSSL_LIB_CTX_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, FreeBy<SSL_free>>;
using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using CertificatePtr = std::unique_ptr<X509, FreeBy<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using StorePtr = std::unique_ptr<X509_STORE, FreeBy<X509_STORE_free>>;
using CipherPtr = std::unique_ptr<EVP_CIPHER, FreeBy<EVP_CIPHER_free>>;

// Reading PEM. `library`: null for the process's own.

// The certificates in the order of the text; none where there is none, or one is damaged.
std::vector<CertificatePtr> read_certificates(OSSL_LIB_CTX* library, std::string_view pem);
// Null where there is none that can be read without a passphrase.
KeyPtr read_key(OSSL_LIB_CTX* library, std::string_view pem);

// A moment that a certificate names; 1970 where it is none.
WallTime time_of(const ASN1_TIME* time);

// "CN=shop.example,O=Example" (RFC 4514), in ASCII.
std::string text_of(const X509_NAME* name);
// The host names that a certificate is good for, in lower case: of its subjectAltName, or, where
// that names none, its common name.
std::vector<std::string> hosts_of(const X509& certificate);
// Its other names, each with its kind:
// "DNS:a.example,URI:spiffe://a,email:a@a.example,IP:10.0.0.1". Commas, backslashes and what is no
// visible ASCII are written \xHH.
std::string names_of(const X509& certificate);
// The addresses among them, as text.
std::vector<std::string> addresses_of(const X509& certificate);

// What OpenSSL has to say of the last failure on this thread, "no shared cipher", and forgets it;
// empty: nothing.
std::string take_openssl_words();

}  // namespace fairlead::net
