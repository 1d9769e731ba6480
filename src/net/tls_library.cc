#include "net/tls_library.h"

#include <cstdlib>
#include <filesystem>

#include "base/check.h"

namespace fairlead::net {
namespace {

// Whether its certificates can be found by the hashes of their names (openssl-rehash).
bool is_hashed(const char* folder) {
  std::error_code error;
  for (std::filesystem::directory_iterator file(folder, error), end; !error && file != end;
       file.increment(error)) {
    if (file->path().extension() == ".0") return true;
  }
  return false;
}

}  // namespace

TlsLibrary::TlsLibrary()
    : library_(OSSL_LIB_CTX_new()),
      ticket_cipher_(EVP_CIPHER_fetch(library_.get(), "AES-256-CBC", nullptr)) {
  CHECK(library_ && ticket_cipher_);
}

X509_STORE* TlsLibrary::system_authorities() const {
  if (authorities_) return authorities_.get();
  authorities_.reset(X509_STORE_new());
  if (!authorities_) return nullptr;
  // A folder's certificates are read one by one as they are needed, a bundle at once: so the folder
  // is asked alone, unless somebody has named a bundle.
  X509_STORE* const store = authorities_.get();
  const char* const folder = X509_get_default_cert_dir();
  if (std::getenv(X509_get_default_cert_file_env()) == nullptr &&
      std::getenv(X509_get_default_cert_dir_env()) == nullptr && is_hashed(folder)) {
    X509_STORE_load_path(store, folder);
  } else {
    X509_STORE_set_default_paths_ex(store, library_.get(), nullptr);
  }
  return store;
}

const RecordSuite* TlsLibrary::record_suite(uint16_t id) const {
  const auto [place, is_new] = suites_.try_emplace(id);
  if (is_new) place->second = RecordSuite::make(library_.get(), id);
  return place->second.get();
}

}  // namespace fairlead::net
