#include "net/tls_certificates.h"

#include <algorithm>

namespace fairlead::net {
namespace {

// "*.example.com" for "shop.example.com"; empty where there is none.
std::string wildcard_of(std::string_view name) {
  const size_t dot = name.find('.');
  return dot == name.npos ? std::string() : "*" + std::string(name.substr(dot));
}

std::string plain_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return lower;
}

}  // namespace

Result<TlsCertificates> TlsCertificates::load(OSSL_LIB_CTX* library, std::span<const TlsPem> pems) {
  TlsCertificates all;
  all.library_ = library;
  for (const TlsPem& pem : pems) {
    Loaded& one = all.loaded_.emplace_back(Loaded{pem});
    if (!one.pem.names.empty() && !one.pem.key_kind.empty()) continue;
    if (!all.parse(one))
      return fail(Code::invalid, Side::internal, "a certificate or key cannot be read");
    one.pem.names = hosts_of(*one.leaf);
    one.pem.key_kind = EVP_PKEY_get0_type_name(one.key.get());
  }
  all.index_names();
  return all;
}

bool TlsCertificates::parse(Loaded& one) const {
  if (one.leaf) return true;
  one.chain = read_certificates(library_, one.pem.certificates);
  one.key = read_key(library_, one.pem.key);
  if (one.chain.empty() || !one.key) return false;
  one.leaf = std::move(one.chain.front());
  one.chain.erase(one.chain.begin());
  one.stack.reset(sk_X509_new_null());
  for (const CertificatePtr& issuer : one.chain) sk_X509_push(one.stack.get(), issuer.get());
  one.pem.certificates = {};
  one.pem.key = {};
  return true;
}

// Only the first of each kind of key.
void TlsCertificates::add_to(Choice& choice, uint32_t index) const {
  const std::string& kind = loaded_[index].pem.key_kind;
  const bool there = std::ranges::any_of(
      choice, [&](uint32_t other) { return loaded_[other].pem.key_kind == kind; });
  if (!there) choice.push_back(index);
}

void TlsCertificates::index_names() {
  for (uint32_t i = 0; i < loaded_.size(); ++i) {
    for (const std::string& name : loaded_[i].pem.names) add_to(by_name_[name], i);
  }
  // The kinds of key that a name's own certificates lack, of the wildcard's.
  for (auto& [name, choice] : by_name_) {
    const auto wider = by_name_.find(wildcard_of(name));
    if (wider == by_name_.end() || wider->first == name) continue;
    for (const uint32_t index : wider->second) add_to(choice, index);
  }
  default_ = {0};
  const auto& hosts = loaded_.front().pem.names;
  if (hosts.empty()) return;
  for (const uint32_t index : by_name_.at(hosts.front())) add_to(default_, index);
}

const TlsCertificates::Choice& TlsCertificates::choose(std::string_view name) const {
  if (name.empty()) return default_;
  const std::string plain = plain_name(name);
  if (const auto exact = by_name_.find(plain); exact != by_name_.end()) return exact->second;
  if (const auto wide = by_name_.find(wildcard_of(plain)); wide != by_name_.end())
    return wide->second;
  return default_;
}

bool TlsCertificates::give(SSL* ssl, std::string_view name) const {
  for (const uint32_t index : choose(name)) {
    Loaded& one = loaded_[index];
    if (!parse(one) ||
        SSL_use_cert_and_key(ssl, one.leaf.get(), one.key.get(), one.stack.get(), 1) != 1)
      return false;
  }
  return true;
}

std::string_view TlsCertificates::staple_of(SSL* ssl, WallTime now) const {
  const X509* const given = SSL_get_certificate(ssl);
  const auto found =
      std::ranges::find(loaded_, given, [](const Loaded& one) { return one.leaf.get(); });
  if (found == loaded_.end() || now >= found->pem.staple_ends) return {};
  return found->pem.staple;
}

}  // namespace fairlead::net
