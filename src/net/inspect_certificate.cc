#include "net/inspect_certificate.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>
#include <optional>

#include "net/openssl.h"

namespace fairlead::net {
namespace {

using In = CertificateFault::In;

std::unexpected<CertificateFault> fault(In in, std::string message, std::string hint) {
  return std::unexpected(CertificateFault{in, std::move(message), std::move(hint)});
}

std::string key_text(const EVP_PKEY& key) {
  char group[64] = "";
  size_t size = 0;
  const char* kind = EVP_PKEY_get0_type_name(&key);
  if (EVP_PKEY_is_a(&key, "EC")) {
    EVP_PKEY_get_group_name(&key, group, sizeof group, &size);
    const std::string_view name(group, size);
    if (name == "prime256v1") return "EC P-256";
    if (name == "secp384r1") return "EC P-384";
    return fmt::format("EC {}", name);
  }
  if (EVP_PKEY_is_a(&key, "RSA")) return fmt::format("RSA {}", EVP_PKEY_get_bits(&key));
  return kind ? kind : "unknown";
}

std::expected<KeyPtr, CertificateFault> inspect_key(std::string_view pem) {
  KeyPtr key = read_key(nullptr, pem);
  if (key) return key;
  if (pem.contains("ENCRYPTED"))
    return fault(
        In::key, "it is encrypted, and nobody is there to be asked for its passphrase",
        "write it without one, readable by the user that runs fairlead alone: `openssl pkey "
        "-in KEY -out PLAIN`");
  if (!pem.contains("PRIVATE KEY-----")) {
    return fault(In::key, "it holds no private key in PEM",
                 pem.contains("CERTIFICATE-----") ? "it holds a certificate: are `cert` and `key` "
                                                    "the wrong way round?"
                                                  : "it begins with `-----BEGIN PRIVATE KEY-----`");
  }
  return fault(In::key, "the private key in it is damaged", "");
}

std::expected<std::vector<CertificatePtr>, CertificateFault> inspect_chain(std::string_view pem) {
  auto chain = read_certificates(nullptr, pem);
  if (!chain.empty()) return chain;
  if (pem.contains("BEGIN CERTIFICATE-----"))
    return fault(In::certificate, "a certificate in it is damaged", "");
  return fault(In::certificate, "it holds no certificate in PEM",
               pem.contains("PRIVATE KEY-----")
                   ? "it holds a private key: are `cert` and `key` the wrong way round?"
                   : "it begins with `-----BEGIN CERTIFICATE-----`");
}

bool fits(X509& certificate, const EVP_PKEY& key) {
  const bool does = X509_check_private_key(&certificate, &key) == 1;
  ERR_clear_error();
  return does;
}

constexpr std::string_view kOrder =
    "the server's own certificate comes first, then the one that issued it, and so on";

std::optional<CertificateFault> check_fit(const std::vector<CertificatePtr>& chain,
                                          const EVP_PKEY& key) {
  if (fits(*chain.front(), key)) return {};
  for (size_t i = 1; i < chain.size(); ++i) {
    if (!fits(*chain[i], key)) continue;
    return CertificateFault{
        In::certificate,
        fmt::format("its chain is out of order: the certificate that fits the key is number {}",
                    i + 1),
        std::string(kOrder)};
  }
  return CertificateFault{
      In::key,
      fmt::format("it does not fit the certificate: that one is of another key ({})",
                  text_of(X509_get_subject_name(chain.front().get()))),
      "give the key that the certificate was made for"};
}

std::optional<CertificateFault> check_order(const std::vector<CertificatePtr>& chain) {
  for (size_t i = 1; i < chain.size(); ++i) {
    if (X509_check_issued(chain[i].get(), chain[i - 1].get()) == X509_V_OK) continue;
    return CertificateFault{
        In::certificate,
        fmt::format("its chain is out of order: number {} ({}) did not issue number {} ({})", i + 1,
                    text_of(X509_get_subject_name(chain[i].get())), i,
                    text_of(X509_get_subject_name(chain[i - 1].get()))),
        std::string(kOrder)};
  }
  return {};
}

// OpenSSL's own word: keys that are too short, signatures that are too weak.
std::optional<CertificateFault> check_strength(X509& leaf) {
  const ContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (SSL_CTX_use_certificate(context.get(), &leaf) == 1) return {};
  return CertificateFault{In::certificate, take_openssl_words(),
                          "RSA keys have at least 2048 bits"};
}

CertificateFacts facts_of(const X509& leaf, const EVP_PKEY& key) {
  CertificateFacts facts{.names = hosts_of(leaf),
                         .subject = text_of(X509_get_subject_name(&leaf)),
                         .key = key_text(key),
                         .begins = time_of(X509_get0_notBefore(&leaf)),
                         .expires = time_of(X509_get0_notAfter(&leaf))};
  for (std::string& address : addresses_of(leaf)) facts.names.push_back(std::move(address));
  return facts;
}

}  // namespace

std::expected<CertificateFacts, CertificateFault> inspect_certificate(std::string_view certificate,
                                                                      std::string_view key_pem) {
  const auto chain = inspect_chain(certificate);
  if (!chain) return std::unexpected(chain.error());
  const auto key = inspect_key(key_pem);
  if (!key) return std::unexpected(key.error());
  if (auto wrong = check_fit(*chain, **key)) return std::unexpected(*wrong);
  if (auto wrong = check_order(*chain)) return std::unexpected(*wrong);
  if (auto wrong = check_strength(*chain->front())) return std::unexpected(*wrong);
  return facts_of(*chain->front(), **key);
}

std::expected<WallTime, CertificateFault> inspect_authorities(std::string_view certificates) {
  const auto authorities = inspect_chain(certificates);
  if (!authorities) return std::unexpected(authorities.error());
  WallTime last{};
  for (const CertificatePtr& one : *authorities)
    last = std::max(last, time_of(X509_get0_notAfter(one.get())));
  return last;
}

}  // namespace fairlead::net
