// RecordSuite: what a cipher suite of TLS 1.3 protects records with, and makes keys by (RFC 8446 7.1).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "net/openssl.h"

namespace fairlead::net {

// A direction's secret, as long as the suite's hash: 32 bytes or 48.
struct TrafficSecret {
  std::array<unsigned char, 48> bytes{};
  size_t size = 0;

  std::span<const unsigned char> view() const { return {bytes.data(), size}; }
};

class RecordSuite {
 public:
  // By its number in the protocol, as SSL_CIPHER_get_protocol_id() tells it. Null: none that we know.
  static std::unique_ptr<RecordSuite> make(OSSL_LIB_CTX* library, uint16_t id);

  const EVP_CIPHER* cipher() const { return cipher_.get(); }
  // HKDF-Expand-Label with an empty context: fills `into`, which is no longer than the hash.
  void expand(const TrafficSecret& secret, std::string_view label,
              std::span<unsigned char> into) const;

 private:
  using MacContextPtr = std::unique_ptr<EVP_MAC_CTX, FreeBy<EVP_MAC_CTX_free>>;

  RecordSuite(CipherPtr cipher, MacContextPtr hmac)
      : cipher_(std::move(cipher)), hmac_(std::move(hmac)) {}

  CipherPtr cipher_;
  MacContextPtr hmac_;  // its state is that of the last expand()
};

}  // namespace fairlead::net
