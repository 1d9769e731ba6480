#include "net/tls_library.h"

#include "base/check.h"

namespace fairlead::net {

TlsLibrary::TlsLibrary()
    : library_(OSSL_LIB_CTX_new()),
      ticket_cipher_(EVP_CIPHER_fetch(library_.get(), "AES-256-CBC", nullptr)) {
  CHECK(library_ && ticket_cipher_);
}

}  // namespace fairlead::net
