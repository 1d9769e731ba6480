#include "net/self_signed.h"

#include <openssl/pem.h>
#include <openssl/rand.h>

#include <chrono>

#include "base/address.h"

namespace fairlead::net {
namespace {

using ExtensionPtr = std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION_free>>;

constexpr long kDays = 365;
// An hour earlier than now: clocks differ.
constexpr long kEarlier = -3600;
// RFC 5280 4.1.2.2: at most 20 octets, positive.
constexpr int kSerialBits = 127;
// RFC 5280: ub-common-name.
constexpr size_t kLongestCommonName = 64;

std::string alternative_names(std::span<const std::string> hosts) {
  std::string names;
  for (const std::string& host : hosts) {
    if (!names.empty()) names += ',';
    names += (Ip::parse(host) ? "IP:" : "DNS:") + host;
  }
  return names;
}

bool add_extension(X509& certificate, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &certificate, &certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

bool set_serial(X509& certificate) {
  const std::unique_ptr<BIGNUM, FreeBy<BN_free>> serial(BN_new());
  return BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(&certificate)) != nullptr;
}

bool set_name(X509& certificate, const std::string& host) {
  X509_NAME* name = X509_get_subject_name(&certificate);
  const std::string common = host.substr(0, kLongestCommonName);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common.data()),
                                    static_cast<int>(common.size()), -1, 0) == 1 &&
         X509_set_issuer_name(&certificate, name) == 1;
}

bool fill_in(X509& certificate, EVP_PKEY& key, std::span<const std::string> hosts, WallTime now) {
  time_t from = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  return X509_set_version(&certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
         X509_time_adj_ex(X509_getm_notBefore(&certificate), 0, kEarlier, &from) &&
         X509_time_adj_ex(X509_getm_notAfter(&certificate), kDays, 0, &from) &&
         set_name(certificate, hosts.front()) && X509_set_pubkey(&certificate, &key) == 1 &&
         add_extension(certificate, NID_subject_alt_name, alternative_names(hosts)) &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth,clientAuth") &&
         X509_sign(&certificate, &key, EVP_sha256()) > 0;
}

template <typename Write>
std::string pem_of(Write&& write) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  write(bio.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

}  // namespace

Result<TlsPem> make_self_signed(std::span<const std::string> hosts, WallTime now) {
  const KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const CertificatePtr certificate(X509_new());
  if (!key || !certificate || !fill_in(*certificate, *key, hosts, now))
    return fail(Code::invalid, Side::internal, take_openssl_words());
  return TlsPem{pem_of([&](BIO* bio) { PEM_write_bio_X509(bio, certificate.get()); }),
                pem_of([&](BIO* bio) {
                  PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
                })};
}

}  // namespace fairlead::net
