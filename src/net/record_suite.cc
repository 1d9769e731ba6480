#include "net/record_suite.h"

#include <openssl/core_names.h>

#include <algorithm>
#include <string>

#include "base/check.h"

namespace fairlead::net {
namespace {

struct Known {
  uint16_t id;
  const char* cipher;
  const char* hash;
};
constexpr Known kKnown[] = {{0x1301, "AES-128-GCM", "SHA256"},
                            {0x1302, "AES-256-GCM", "SHA384"},
                            {0x1303, "ChaCha20-Poly1305", "SHA256"}};

}  // namespace

std::unique_ptr<RecordSuite> RecordSuite::make(OSSL_LIB_CTX* library, uint16_t id) {
  const auto* const known = std::ranges::find(kKnown, id, &Known::id);
  if (known == std::end(kKnown)) return nullptr;
  CipherPtr cipher(EVP_CIPHER_fetch(library, known->cipher, nullptr));
  const std::unique_ptr<EVP_MAC, FreeBy<EVP_MAC_free>> mac(EVP_MAC_fetch(library, "HMAC", nullptr));
  MacContextPtr hmac(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
  std::string hash = known->hash;
  const std::array<OSSL_PARAM, 2> params = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash.data(), 0),
      OSSL_PARAM_construct_end()};
  if (!cipher || !hmac || EVP_MAC_CTX_set_params(hmac.get(), params.data()) != 1) return nullptr;
  return std::unique_ptr<RecordSuite>(new RecordSuite(std::move(cipher), std::move(hmac)));
}

// One block of HKDF-Expand is enough: no key is longer than the hash.
void RecordSuite::expand(const TrafficSecret& secret, std::string_view label,
                         std::span<unsigned char> into) const {
  CHECK(into.size() <= secret.size);
  std::string info = {'\0', static_cast<char>(into.size()), static_cast<char>(6 + label.size())};
  info.append("tls13 ").append(label);
  info += {'\0', '\x01'};  // no context; the first block
  std::array<unsigned char, EVP_MAX_MD_SIZE> block;
  size_t size = 0;
  CHECK(EVP_MAC_init(hmac_.get(), secret.bytes.data(), secret.size, nullptr) == 1 &&
        EVP_MAC_update(hmac_.get(), reinterpret_cast<const unsigned char*>(info.data()),
                       info.size()) == 1 &&
        EVP_MAC_final(hmac_.get(), block.data(), &size, block.size()) == 1 && size >= into.size());
  std::copy_n(block.begin(), into.size(), into.begin());
  OPENSSL_cleanse(block.data(), block.size());
}

}  // namespace fairlead::net
