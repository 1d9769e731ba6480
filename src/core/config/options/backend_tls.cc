// tls of a pool: how TLS is spoken with its backends, and of a probe, where that is another.
#include <fmt/format.h>

#include "base/address.h"
#include "core/config/options/sections.h"
#include "core/config/options/tls_files.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

Parsed<std::string> parse_server_name(std::string_view given) {
  if (given.contains("://") || given.contains('/'))
    return wrong(fmt::format("{} is not a host name", ticked(given)),
                 "the name alone, such as `api.internal`");
  if (given.contains('*'))
    return wrong(fmt::format("{} names no one server", ticked(given)),
                 "the name that is asked for; a certificate for `*.internal` is good for it");
  if (!Ip::parse(given) && given.contains(':'))
    return wrong(fmt::format("{} is not a host name", ticked(given)), "without a port");
  return lower_case(given);
}

Type<std::string> server_name() {
  Type<std::string> plain = text("a host name or an IP address", 253);
  auto parsed = text_type<std::string>(plain.shape, parse_server_name, plain.show);
  return {plain.shape,
          [plain, parsed](std::string& value, const Node& node, Reader& reader) {
            std::string checked;
            plain.read(checked, node, reader);
            if (!checked.empty()) parsed.read(value, node, reader);
          },
          plain.show};
}

void check_trust(BackendTlsConfig& tls, const Node& node, Reader& reader) {
  const Node* ca = node.find("ca");
  if (!tls.verify) {
    const Node& said = *node.find("verify");
    if (ca != nullptr) {
      reader.error(*ca, "`ca` means nothing with `verify: false`",
                   "leave one of them out; `verify` had better be the one");
      return;
    }
    reader.warning(said,
                   fmt::format("whoever answers for a backend of {} is believed: its certificate "
                               "is not verified",
                               reader.owner()),
                   "name who signs them: `ca: ca.pem`");
    return;
  }
  if (ca != nullptr) {
    tls.ca_text = authorities_of(*ca, reader).value_or("");
  } else if (!reader.outside().has_authorities && !reader.notebook().may_be_lost({"ca"})) {
    reader.warning(node,
                   fmt::format("this system has no CAs of its own: no certificate of {} will be "
                               "believed",
                               reader.owner()),
                   "name who signs them, `ca: ca.pem`; or install the package `ca-certificates`");
  }
}

void check_own(BackendTlsConfig& tls, const Node& node, Reader& reader) {
  const Node* cert = node.find("cert");
  const Node* key = node.find("key");
  if (cert == nullptr && key == nullptr) return;
  if (cert != nullptr && key != nullptr)
    return inspect_pair(tls.certificate, *cert, *key, "backends", reader);
  if (reader.notebook().may_be_lost({"cert", "key"})) return;
  reader.error(cert != nullptr ? *cert : *key,
               fmt::format("{} has no {}", reader.where(), cert == nullptr ? "`cert`" : "`key`"),
               "what is shown to backends is both: `cert: client.crt, key: client.key`");
}

void finish(BackendTlsConfig& tls, const Node& node, Reader& reader) {
  check_trust(tls, node, reader);
  check_own(tls, node, reader);
}

}  // namespace

const Section<BackendTlsConfig>& backend_tls_section() {
  static const Section<BackendTlsConfig> section = {
      .name = "backend_tls",
      .heading = "TLS to backends",
      .help = "How TLS is spoken with backends: docs/tls.md. `tls: true` is all of it by default.",
      .options =
          {{"ca", &BackendTlsConfig::ca, pem_path(),
            "Who signs the certificates of the backends: one file with all of them. Without it the "
            "system's CAs do.",
            "ca.pem"},
           {"server_name", &BackendTlsConfig::server_name, server_name(),
            "The name that backends are asked for (SNI) and that their certificates must bear. "
            "Without it their IP addresses must stand in them.",
            "api.internal"},
           {"verify", &BackendTlsConfig::verify, true_or_false(),
            "Whether certificates of backends are verified. Without that, anybody on the way can "
            "be a backend.",
            "false"},
           {"cert", [](auto& tls) -> auto& { return tls.certificate.cert; }, pem_path(),
            "What is shown to backends that ask for a certificate.", "client.crt"},
           {"key", [](auto& tls) -> auto& { return tls.certificate.key; }, pem_path(),
            "Its private key, not encrypted.", "client.key"},
           {"min_version", &BackendTlsConfig::min_version,
            choice<TlsVersion>({{"1.2", TlsVersion::v1_2}, {"1.3", TlsVersion::v1_3}}),
            "The oldest version of TLS that is spoken.", "\"1.3\""}},
      .finish = finish,
  };
  return section;
}

Type<std::optional<BackendTlsConfig>> backend_tls_type() {
  const Type<BackendTlsConfig> one = section_type<BackendTlsConfig, backend_tls_section>();
  Shape shape{.kind = Shape::Kind::either,
              .words = "`true`, `off`, or a mapping",
              .parts = {Shape{.words = "`true` or `off`", .choices = {"true", "off"}}, one.shape}};
  auto read = [one](std::optional<BackendTlsConfig>& value, const Node& node, Reader& reader) {
    if (node.is_scalar() && node.text == "true")
      return one.read(value.emplace(), map(node.spot), reader);
    switch (read_switch(node, reader)) {
      case Switch::off: value.reset(); return;
      case Switch::reported: return;
      case Switch::none: one.read(value.emplace(), node, reader);
    }
  };
  auto show = [one](const std::optional<BackendTlsConfig>& value) {
    return value ? one.show(*value) : Node{};
  };
  return {shape, read, show};
}

}  // namespace fairlead::core
