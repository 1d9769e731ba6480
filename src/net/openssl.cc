#include "net/openssl.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "base/address.h"

namespace fairlead::net {
namespace {

using NamesPtr = std::unique_ptr<GENERAL_NAMES, FreeBy<GENERAL_NAMES_free>>;

BioPtr bio_of(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Nobody is there to be asked for one.
int no_passphrase(char*, int, int, void*) { return -1; }

NamesPtr alternative_names(const X509& certificate) {
  return NamesPtr(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
}

std::string_view bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

std::string ip_text(const ASN1_OCTET_STRING* address) {
  const std::string_view bytes = bytes_of(address);
  if (bytes.size() == 4) {
    std::array<uint8_t, 4> ip;
    std::ranges::copy(bytes, ip.begin());
    return Ip::v4(ip).text();
  }
  if (bytes.size() != 16) return {};
  std::array<uint8_t, 16> ip;
  std::ranges::copy(bytes, ip.begin());
  return Ip::v6(ip).text();
}

template <typename F>
void each_name(const X509& certificate, F&& f) {
  const NamesPtr names = alternative_names(certificate);
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i)
    f(*sk_GENERAL_NAME_value(names.get(), i));
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c > ' ' && c < 0x7f && c != ',' && c != '\\')
      out += c;
    else
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
  }
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return result;
}

std::string common_name(const X509& certificate) {
  const X509_NAME* subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  return std::string(bytes_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

}  // namespace

std::vector<CertificatePtr> read_certificates(OSSL_LIB_CTX* library, std::string_view pem) {
  const BioPtr bio = bio_of(pem);
  std::vector<CertificatePtr> certificates;
  while (true) {
    X509* certificate = X509_new_ex(library, nullptr);
    if (!PEM_read_bio_X509(bio.get(), &certificate, no_passphrase, nullptr)) {
      X509_free(certificate);
      break;
    }
    certificates.emplace_back(certificate);
  }
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  // The end of the text; anything else is damage.
  if (ERR_GET_REASON(error) != PEM_R_NO_START_LINE) certificates.clear();
  return certificates;
}

KeyPtr read_key(OSSL_LIB_CTX* library, std::string_view pem) {
  const BioPtr bio = bio_of(pem);
  KeyPtr key(
      PEM_read_bio_PrivateKey_ex(bio.get(), nullptr, no_passphrase, nullptr, library, nullptr));
  ERR_clear_error();
  return key;
}

WallTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  const std::chrono::sys_days day = std::chrono::year(parts.tm_year + 1900) /
                                    std::chrono::month(unsigned(parts.tm_mon + 1)) /
                                    std::chrono::day(unsigned(parts.tm_mday));
  // Beyond what nanoseconds can count: the last moment that they can.
  if (day >= std::chrono::floor<std::chrono::days>(WallTime::max())) return WallTime::max();
  return WallTime(day) + std::chrono::hours(parts.tm_hour) + std::chrono::minutes(parts.tm_min) +
         std::chrono::seconds(parts.tm_sec);
}

std::string text_of(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : std::string();
}

std::vector<std::string> hosts_of(const X509& certificate) {
  std::vector<std::string> hosts;
  each_name(certificate, [&](const GENERAL_NAME& name) {
    if (name.type == GEN_DNS) hosts.push_back(lower(bytes_of(name.d.dNSName)));
  });
  if (hosts.empty()) {
    if (std::string common = common_name(certificate); !common.empty())
      hosts.push_back(lower(common));
  }
  return hosts;
}

std::vector<std::string> addresses_of(const X509& certificate) {
  std::vector<std::string> addresses;
  each_name(certificate, [&](const GENERAL_NAME& name) {
    if (name.type == GEN_IPADD) addresses.push_back(ip_text(name.d.iPAddress));
  });
  return addresses;
}

std::string names_of(const X509& certificate) {
  std::string out;
  const auto add = [&](std::string_view kind, std::string_view text) {
    if (!out.empty()) out += ',';
    out += kind;
    append_escaped(out, text);
  };
  each_name(certificate, [&](const GENERAL_NAME& name) {
    if (name.type == GEN_DNS) add("DNS:", bytes_of(name.d.dNSName));
    if (name.type == GEN_URI) add("URI:", bytes_of(name.d.uniformResourceIdentifier));
    if (name.type == GEN_EMAIL) add("email:", bytes_of(name.d.rfc822Name));
    if (name.type == GEN_IPADD) add("IP:", ip_text(name.d.iPAddress));
  });
  return out;
}

std::string take_openssl_words() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (error == 0) return {};
  const char* reason = ERR_reason_error_string(error);
  return reason ? reason : fmt::format("error {:08x}", error);
}

}  // namespace fairlead::net
