// TlsLibrary: OpenSSL for one thread.
//
// Each worker has one of its own: two threads on one library context share its locks and reference
// counts, which costs them a fifth of what they could do.
#pragma once

#include <map>

#include "net/openssl.h"
#include "net/record_suite.h"

namespace fairlead::net {

class TlsLibrary {
 public:
  TlsLibrary();

  OSSL_LIB_CTX* get() const { return library_.get(); }
  // What session tickets are encrypted with.
  const EVP_CIPHER* ticket_cipher() const { return ticket_cipher_.get(); }
  // Those whom the system trusts (SSL_CERT_FILE, SSL_CERT_DIR, else OpenSSL's own places), for all
  // that ask: a bundle of them takes 30 ms to read. Null: out of memory.
  X509_STORE* system_authorities() const;
  // How a suite of TLS 1.3 protects records, by its number. Null: we do not know it.
  const RecordSuite* record_suite(uint16_t id) const;

 private:
  LibraryPtr library_;
  CipherPtr ticket_cipher_;
  // Once somebody asks.
  mutable StorePtr authorities_;
  mutable std::map<uint16_t, std::unique_ptr<RecordSuite>> suites_;
};

}  // namespace fairlead::net
