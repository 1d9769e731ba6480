// tls: what a listener shows its clients, and what it asks of them.
#include <fmt/format.h>

#include <algorithm>

#include "core/certificate_end.h"
#include "core/config/options/sections.h"
#include "core/config/options/tls_files.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

// ---- a certificate --------------------------------------------------------------------

// An answer that is no good is not passed on, and nobody is worse off than without it.
void read_staple(CertificateConfig& certificate, const Node& said, Reader& reader) {
  auto text = content_of(said, reader, Severity::warning);
  if (!text || !reader.outside().inspect_staple || certificate.cert_text.empty()) return;
  const WallTime now = reader.outside().now;
  const auto facts = reader.outside().inspect_staple(certificate.cert_text, *text);
  std::string wrong = facts ? "" : facts.error().message;
  if (facts && facts->expires <= now) wrong = "it was good until " + day_of(facts->expires);
  if (facts && facts->begins > now) wrong = "it is not good before " + day_of(facts->begins);
  if (!wrong.empty()) {
    reader.warning(said, fmt::format("{} is not stapled: {}", ticked(said.text), wrong),
                   facts ? "fetch a new one, and send SIGHUP: docs/tls.md" : facts.error().hint);
    return;
  }
  certificate.staple = std::move(*text);
  certificate.staple_facts = *facts;
}

void finish_certificate(CertificateConfig& certificate, const Node& node, Reader& reader) {
  const Node* cert = node.find("cert");
  const Node* key = node.find("key");
  if (cert != nullptr && key != nullptr) {
    inspect_pair(certificate, *cert, *key, "clients", reader);
    if (const Node* ocsp = node.find("ocsp")) read_staple(certificate, *ocsp, reader);
    return;
  }
  if (reader.notebook().may_be_lost({"cert", "key"})) return;
  reader.error(node,
               fmt::format("a certificate of {} has no {}", reader.owner(),
                           cert == nullptr ? "`cert`" : "`key`"),
               "for example `{ cert: site.crt, key: site.key }`");
}

// ---- all of a listener's --------------------------------------------------------------

// `cert`, `key` and `ocsp` are one entry of `certificates`, the first.
Node expand_tls(const Node& given, Reader&) {
  if (!given.is_map()) return given;
  Node rest = map(given.spot);
  Node alone = map(given.spot);
  std::vector<Node> certificates;
  Spot spot = given.spot;
  for (const Entry& entry : given.entries) {
    const std::string& key = entry.key.text;
    if (key == "cert" || key == "key" || key == "ocsp") {
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

void finish_tls(TlsConfig& tls, const Node& node, Reader& reader) {
  if (tls.certificates.empty() && !reader.notebook().may_be_lost({"cert", "key", "certificates"})) {
    reader.error(node, fmt::format("{} has no certificate", reader.where()),
                 "for example `tls: { cert: site.crt, key: site.key }`; `fairlead cert self-signed "
                 "localhost` makes one for trying out");
  }
  const Node* authorities = node.find("client_ca");
  if (authorities != nullptr)
    tls.client_ca_text = authorities_of(*authorities, reader).value_or("");
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
      .options = {{"cert", &CertificateConfig::cert, pem_path(),
                   "The server's own certificate, then the one that issued it, and so on.",
                   "site.crt"},
                  {"key", &CertificateConfig::key, pem_path(),
                   "Its private key, RSA or ECDSA, not encrypted.", "site.key"},
                  {"ocsp", &CertificateConfig::ocsp, file_path("the path of a file in DER"),
                   "What its issuer says of it (OCSP), for clients that ask: a file that somebody "
                   "else keeps fresh. One that is no good is not shown to anybody.",
                   "site.ocsp"}},
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
          {{"cert", kItself, of_first(pem_path()),
            "The certificate of a listener that has one; with its `key` the first of "
            "`certificates`.",
            "site.crt"},
           {"key", kItself, of_first(pem_path()), "Its private key.", "site.key"},
           {"ocsp", kItself, of_first(file_path("the path of a file in DER")),
            "What its issuer says of it (OCSP).", "site.ocsp"},
           {"certificates", &TlsConfig::certificates,
            list_of(section_type<CertificateConfig, certificate_section>(),
                    "a list of certificates"),
            "Chosen by the name that the client asks for (SNI): exact, then `*.`, then the first "
            "of all; of one name there may be one with an RSA key and one with an ECDSA key.",
            "[{ cert: site.crt, key: site.key }]"},
           {"min_version", &TlsConfig::min_version,
            choice<TlsConfig::Version>({{"1.2", v1_2}, {"1.3", v1_3}}),
            "The oldest version of TLS that is spoken.", "\"1.3\""},
           {"client_ca", &TlsConfig::client_ca, pem_path(),
            "Whose certificates clients must show (mutual TLS): one file with all of them.",
            "ca.pem"},
           Option<TlsConfig>("client_certificate", &TlsConfig::client_certificate,
                             choice<TlsConfig::ClientCertificate>(
                                 {{"required", required}, {"optional", optional}}),
                             "Whether a client without a certificate is refused. One that is not "
                             "signed by `client_ca` always is.",
                             "optional")
               .shown_when(asks_clients),
           {"max_handshakes", &TlsConfig::max_handshakes, whole_number(0, 1'000'000, "handshakes"),
            "Handshakes under way at once on each worker; what comes on top is refused, unless one "
            "of them has stood still for a second: then that one goes. 0: no limit.",
            "200"}},
      .expand = expand_tls,
      .finish = finish_tls,
  };
  return section;
}

}  // namespace fairlead::core
