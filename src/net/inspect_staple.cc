// inspect_staple() and has_system_authorities() of inspect_certificate.h.
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "net/inspect_certificate.h"
#include "net/openssl.h"

namespace fairlead::net {
namespace {

using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, FreeBy<OCSP_RESPONSE_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, FreeBy<OCSP_BASICRESP_free>>;
using IdPtr = std::unique_ptr<OCSP_CERTID, FreeBy<OCSP_CERTID_free>>;

std::unexpected<CertificateFault> no_staple(std::string message, std::string hint = {}) {
  ERR_clear_error();
  return std::unexpected(
      CertificateFault{CertificateFault::In::certificate, std::move(message), std::move(hint)});
}

BasicPtr parse(std::string_view der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const ResponsePtr response(d2i_OCSP_RESPONSE(nullptr, &bytes, static_cast<long>(der.size())));
  if (!response || OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return nullptr;
  return BasicPtr(OCSP_response_get1_basic(response.get()));
}

// With the issuer's certificate all of the id is compared, else what the certificate itself tells:
// its number and the name of its issuer.
bool is_about(OCSP_SINGLERESP* single, const X509& leaf, const X509* issuer) {
  auto* id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single));
  ASN1_OCTET_STRING* name = nullptr;
  ASN1_OBJECT* digest = nullptr;
  ASN1_INTEGER* number = nullptr;
  OCSP_id_get0_info(&name, &digest, nullptr, &number, id);
  if (ASN1_INTEGER_cmp(number, X509_get0_serialNumber(&leaf)) != 0) return false;
  const EVP_MD* kind = EVP_get_digestbyobj(digest);
  if (kind == nullptr) return false;
  if (issuer != nullptr) {
    const IdPtr wanted(OCSP_cert_to_id(kind, &leaf, issuer));
    return wanted && OCSP_id_cmp(wanted.get(), id) == 0;
  }
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  return X509_NAME_digest(X509_get_issuer_name(&leaf), kind, hash, &size) == 1 &&
         std::string_view(reinterpret_cast<char*>(hash), size) ==
             std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name)),
                              static_cast<size_t>(ASN1_STRING_length(name)));
}

// Signed by the issuer, or by whom the issuer has charged with it.
bool is_signed(OCSP_BASICRESP* basic, X509* issuer) {
  const StorePtr store(X509_STORE_new());
  if (!store || X509_STORE_add_cert(store.get(), issuer) != 1) return false;
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  STACK_OF(X509)* const known = sk_X509_new_null();
  sk_X509_push(known, issuer);
  const bool is_signed = OCSP_basic_verify(basic, known, store.get(), 0) == 1;
  sk_X509_free(known);
  return is_signed;
}

}  // namespace

std::expected<StapleFacts, CertificateFault> inspect_staple(std::string_view certificates,
                                                            std::string_view der) {
  const auto chain = read_certificates(nullptr, certificates);
  const BasicPtr basic = parse(der);
  if (chain.empty() || !basic) {
    return no_staple("it holds no OCSP response in DER", der.contains("-----BEGIN")
                                                             ? "this is PEM"
                                                             : "as `openssl ocsp -respout` "
                                                               "writes it");
  }
  X509* const issuer = chain.size() > 1 ? chain[1].get() : nullptr;
  OCSP_SINGLERESP* found = nullptr;
  for (int i = 0; i < OCSP_resp_count(basic.get()) && found == nullptr; ++i) {
    OCSP_SINGLERESP* one = OCSP_resp_get0(basic.get(), i);
    if (is_about(one, *chain.front(), issuer)) found = one;
  }
  if (found == nullptr) return no_staple("it is about another certificate");
  if (issuer != nullptr && !is_signed(basic.get(), issuer))
    return no_staple("the issuer of the certificate has not signed it");
  ASN1_GENERALIZEDTIME* begins = nullptr;
  ASN1_GENERALIZEDTIME* ends = nullptr;
  const int status = OCSP_single_get0_status(found, nullptr, nullptr, &begins, &ends);
  if (status != V_OCSP_CERTSTATUS_GOOD)
    return no_staple(
        fmt::format("it says that the certificate is {}", OCSP_cert_status_str(status)));
  if (ends == nullptr) return no_staple("it does not say until when it is good (nextUpdate)");
  ERR_clear_error();
  return StapleFacts{.begins = time_of(begins), .expires = time_of(ends)};
}

bool has_system_authorities() {
  const auto place = [](const char* variable, const char* usual) {
    const char* said = std::getenv(variable);
    return std::filesystem::path(said != nullptr ? said : usual);
  };
  std::error_code error;
  if (std::filesystem::is_regular_file(
          place(X509_get_default_cert_file_env(), X509_get_default_cert_file()), error))
    return true;
  const auto folder = place(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
  const std::filesystem::directory_iterator first(folder, error);
  return !error && first != std::filesystem::directory_iterator();
}

}  // namespace fairlead::net
