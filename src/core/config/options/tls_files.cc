#include "core/config/options/tls_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/certificate_end.h"
#include "core/config/config.h"
#include "core/config/include.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

bool shows(const Config& config, const std::string& certificate) {
  const auto is_it = [&](const CertificateConfig& one) { return one.cert_text == certificate; };
  return std::ranges::any_of(config.listeners, [&](const ListenerConfig& listener) {
           return listener.tls && std::ranges::any_of(listener.tls->certificates, is_it);
         }) || std::ranges::any_of(config.pools, [&](const PoolConfig& pool) {
           return pool.tls && is_it(pool.tls->certificate);
         });
}

// They will be refused, or soon. What is shown already goes on to be, and a start is not refused for
// it: most would rather serve some than nobody.
void judge_times(const CertificateConfig& certificate, const Node& at, std::string_view who,
                   Reader& reader) {
  const WallTime now = reader.outside().now;
  const Config* const running = reader.outside().running;
  const bool is_good = certificate.facts.begins <= now && certificate.facts.expires > now;
  if (!is_good && running && !shows(*running, certificate.cert_text)) {
    reader.error(at,
                 fmt::format("the certificate {} {}", ticked(certificate.cert),
                             certificate.facts.begins > now
                                 ? fmt::format("is not valid yet: {} will refuse it until {}", who,
                                               day_of(certificate.facts.begins))
                                 : end_text(certificate.facts, now, who)),
                 "put a good one in its place; until then, the one before goes on");
    return;
  }
  if (certificate.facts.begins > now) {
    reader.warning(
        at, fmt::format("{} is not valid yet: {} will refuse it until {}", ticked(certificate.cert),
                        who, day_of(certificate.facts.begins)));
  } else if (ends_soon(certificate.facts, now)) {
    reader.warning(
        at, fmt::format("{} {}", ticked(certificate.cert), end_text(certificate.facts, now, who)),
        "put a new one in its place, and send SIGHUP");
  }
}

}  // namespace

Type<std::string> file_path(std::string_view words) {
  return text(std::string(words) + ", relative to this one");
}

Type<std::string> pem_path() { return file_path("the path of a file in PEM"); }

std::optional<std::string> content_of(const Node& said, Reader& reader, Severity severity) {
  if (!said.is_scalar() || said.text.empty() || !reader.outside().read) return {};
  const std::string file = resolved(reader.place(said).file, said.text);
  auto content = reader.outside().read(file);
  if (content) return std::move(*content);
  reader
      .error(said, fmt::format("cannot read {}: {}", ticked(file), content.error()),
             "paths are relative to the file that names them; the user that runs fairlead must "
             "be able to read it")
      .severity = severity;
  return {};
}

void inspect_pair(CertificateConfig& certificate, const Node& cert, const Node& key,
                  std::string_view who, Reader& reader) {
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
  judge_times(certificate, cert, who, reader);
}

std::optional<std::string> authorities_of(const Node& said, Reader& reader) {
  auto text = content_of(said, reader);
  if (!text || !reader.outside().inspect_authorities) return {};
  const auto end = reader.outside().inspect_authorities(*text);
  if (!end) {
    reader.error(said, fmt::format("{} cannot be used: {}", ticked(said.text), end.error().message),
                 end.error().hint);
    return {};
  }
  if (*end <= reader.outside().now) {
    reader.warning(said,
                   fmt::format("{} has expired, on {}: nobody that it signed is believed",
                               ticked(said.text), day_of(*end)),
                   "put a new one in its place, and send SIGHUP");
  }
  return text;
}

}  // namespace fairlead::core
