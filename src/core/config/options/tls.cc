// tls: what a listener shows its clients, and what it asks of them.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "core/certificate_end.h"
#include "core/config/include.h"
#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

Type<std::string> path() { return text("the path of a file in PEM, relative to this one"); }

// What the file holds; nothing where that was reported.
std::optional<std::string> content_of(const Node& said, Reader& reader) {
  if (!said.is_scalar() || said.text.empty() || !reader.outside().read) return {};
  const std::string file = resolved(reader.place(said).file, said.text);
  auto content = reader.outside().read(file);
  if (content) return std::move(*content);
  reader.error(
      said, fmt::format("cannot read {}: {}", ticked(file), content.error()),
      "paths are relative to the file that names them; the user that runs fairlead must be "
      "able to read it");
  return {};
}

// ---- a certificate --------------------------------------------------------------------

// Clients will refuse it, or soon; we serve all the same.
void warn_of_times(const CertificateConfig& certificate, const Node& at, Reader& reader) {
  const WallTime now = reader.outside().now;
  if (certificate.facts.begins > now) {
    reader.warning(at, fmt::format("{} is not valid yet: clients will refuse it until {}",
                                   ticked(certificate.cert), day_of(certificate.facts.begins)));
  } else if (ends_soon(certificate.facts, now)) {
    reader.warning(at,
                   fmt::format("{} {}", ticked(certificate.cert), end_text(certificate.facts, now)),
                   "put a new one in its place, and send SIGHUP");
  }
}

void inspect(CertificateConfig& certificate, const Node& cert, const Node& key, Reader& reader) {
  auto cert_text = content_of(cert, reader);
  auto key_text = content_of(key, reader);
  if (!cert_text || !key_text || !reader.outside().inspect_certificate) return;
  auto facts = reader.outside().inspect_certificate(*cert_text, *key_text);
  if (!facts) {
    const CertificateFault& fault = facts.error();
    const bool of_key = fault.in == CertificateFault::In::key;
    // A key that does not fit its certificate is a matter of both files.
    reader.error(of_key ? key : cert,
                 fmt::format("{} {} cannot be used: {}", of_key ? "the key" : "the certificate",
                             ticked(of_key ? key.text : cert.text), fault.message) +
                     (of_key ? fmt::format("; the certificate is {}", ticked(cert.text)) : ""),
                 fault.hint);
    return;
  }
  certificate.cert_text = std::move(*cert_text);
  certificate.key_text = std::move(*key_text);
  certificate.facts = std::move(*facts);
  warn_of_times(certificate, cert, reader);
}

void finish_certificate(CertificateConfig& certificate, const Node& node, Reader& reader) {
  const Node* cert = node.find("cert");
  const Node* key = node.find("key");
  if (cert != nullptr && key != nullptr) return inspect(certificate, *cert, *key, reader);
  if (reader.notebook().may_be_lost({"cert", "key"})) return;
  reader.error(node,
               fmt::format("a certificate of {} has no {}", reader.owner(),
                           cert == nullptr ? "`cert`" : "`key`"),
               "for example `{ cert: site.crt, key: site.key }`");
}

// ---- all of a listener's --------------------------------------------------------------

// `cert` and `key` are one entry of `certificates`, the first.
Node expand_tls(const Node& given, Reader&) {
  if (!given.is_map()) return given;
  Node rest = map(given.spot);
  Node alone = map(given.spot);
  std::vector<Node> certificates;
  Spot spot = given.spot;
  for (const Entry& entry : given.entries) {
    const std::string& key = entry.key.text;
    if (key == "cert" || key == "key") {
      alone.entries.push_back(entry);
    } else if (key == "certificates" && !entry.value.null) {
      certificates = entry.value.is_list() ? entry.value.items : std::vector<Node>{entry.value};
      spot = entry.value.spot;
    } else {
      rest.entries.push_back(entry);
    }
  }
  if (!alone.entries.empty()) certificates.insert(certificates.begin(), std::move(alone));
  if (!certificates.empty() || given.find("certificates") != nullptr)
    rest.set("certificates", list(std::move(certificates), spot));
  return rest;
}

// What expand_tls() has taken already.
Type<TlsConfig> of_first(Type<std::string> type) {
  return {type.shape, [](TlsConfig&, const Node&, Reader&) {},
          [](const TlsConfig&) { return Node{}; }};
}

void check_authorities(TlsConfig& tls, const Node& said, Reader& reader) {
  auto text = content_of(said, reader);
  if (!text || !reader.outside().inspect_authorities) return;
  if (const auto good = reader.outside().inspect_authorities(*text); !good) {
    reader.error(said,
                 fmt::format("{} cannot be used: {}", ticked(said.text), good.error().message),
                 good.error().hint);
    return;
  }
  tls.client_ca_text = std::move(*text);
}

void finish_tls(TlsConfig& tls, const Node& node, Reader& reader) {
  if (tls.certificates.empty() && !reader.notebook().may_be_lost({"cert", "key", "certificates"})) {
    reader.error(node, fmt::format("{} has no certificate", reader.where()),
                 "for example `tls: { cert: site.crt, key: site.key }`; `fairlead cert self-signed "
                 "localhost` makes one for trying out");
  }
  const Node* authorities = node.find("client_ca");
  if (authorities != nullptr) check_authorities(tls, *authorities, reader);
  const Node* clients = node.find("client_certificate");
  if (clients != nullptr && authorities == nullptr &&
      !reader.notebook().may_be_lost({"client_ca"})) {
    reader.error(
        *clients, "`client_certificate` means nothing without `client_ca`",
        "name the file of those who may sign certificates of clients: `client_ca: ca.pem`");
  }
}

bool asks_clients(const TlsConfig& tls) { return !tls.client_ca.empty(); }

}  // namespace

const Section<CertificateConfig>& certificate_section() {
  static const Section<CertificateConfig> section = {
      .name = "certificate",
      .heading = "Certificates",
      .help = "A certificate with its key.",
      .options = {{"cert", &CertificateConfig::cert, path(),
                   "The server's own certificate, then the one that issued it, and so on.",
                   "site.crt"},
                  {"key", &CertificateConfig::key, path(),
                   "Its private key, RSA or ECDSA, not encrypted.", "site.key"}},
      .finish = finish_certificate,
  };
  return section;
}

const Section<TlsConfig>& tls_section() {
  using enum TlsConfig::Version;
  using enum TlsConfig::ClientCertificate;
  static const Section<TlsConfig> section = {
      .name = "tls",
      .heading = "TLS",
      .help = "What a listener shows its clients, and what it asks of them: docs/tls.md.",
      .options =
          {{"cert", kItself, of_first(path()),
            "The certificate of a listener that has one; with its `key` the first of "
            "`certificates`.",
            "site.crt"},
           {"key", kItself, of_first(path()), "Its private key.", "site.key"},
           {"certificates", &TlsConfig::certificates,
            list_of(section_type<CertificateConfig, certificate_section>(),
                    "a list of certificates"),
            "Chosen by the name that the client asks for (SNI): exact, then `*.`, then the first "
            "of all; of one name there may be one with an RSA key and one with an ECDSA key.",
            "[{ cert: site.crt, key: site.key }]"},
           {"min_version", &TlsConfig::min_version,
            choice<TlsConfig::Version>({{"1.2", v1_2}, {"1.3", v1_3}}),
            "The oldest version of TLS that is spoken.", "\"1.3\""},
           {"client_ca", &TlsConfig::client_ca, path(),
            "Whose certificates clients must show (mutual TLS): one file with all of them.",
            "ca.pem"},
           Option<TlsConfig>("client_certificate", &TlsConfig::client_certificate,
                             choice<TlsConfig::ClientCertificate>(
                                 {{"required", required}, {"optional", optional}}),
                             "Whether a client without a certificate is refused. One that is not "
                             "signed by `client_ca` always is.",
                             "optional")
               .shown_when(asks_clients)},
      .expand = expand_tls,
      .finish = finish_tls,
  };
  return section;
}

}  // namespace fairlead::core
