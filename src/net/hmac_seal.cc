#include "net/hmac_seal.h"

#include <openssl/core_names.h>

#include "base/check.h"

namespace fairlead::net {
namespace {

using MacPtr = std::unique_ptr<EVP_MAC, FreeBy<EVP_MAC_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

HmacSeal::HmacSeal(OSSL_LIB_CTX* library, const std::vector<std::string>& keys) {
  CHECK(!keys.empty());
  const MacPtr mac(EVP_MAC_fetch(library, "HMAC", nullptr));
  CHECK(mac != nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  for (const std::string& key : keys) {
    CHECK(!key.empty());
    ContextPtr context(EVP_MAC_CTX_new(mac.get()));
    CHECK(context != nullptr);
    CHECK(EVP_MAC_init(context.get(), bytes_of(key), key.size(), parameters) == 1);
    contexts_.push_back(std::move(context));
  }
}

Seal::Mark HmacSeal::mark(size_t key, std::string_view text) const {
  CHECK(key < contexts_.size());
  EVP_MAC_CTX* context = contexts_[key].get();
  Mark mark{};
  size_t size = 0;
  // Without a key: the one that it was given is used again.
  CHECK(EVP_MAC_init(context, nullptr, 0, nullptr) == 1);
  CHECK(EVP_MAC_update(context, bytes_of(text), text.size()) == 1);
  CHECK(EVP_MAC_final(context, mark.data(), &size, mark.size()) == 1 && size == mark.size());
  return mark;
}

}  // namespace fairlead::net
