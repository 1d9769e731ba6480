// Outside: what loading needs of the world, handed in, so that loading itself touches nothing.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/certificate.h"

namespace fairlead::core {

// The whole content of a file, or why it cannot be read, in words.
using ReadFile = std::function<std::expected<std::string, std::string>(std::string_view path)>;
// The paths that a shell pattern such as "conf.d/*.yaml" names, sorted; none where nothing fits.
using ListFiles = std::function<std::vector<std::string>(std::string_view pattern)>;
// The value of an environment variable; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

// What a certificate and its key say, both as PEM, or why they cannot be used.
using InspectCertificate = std::function<std::expected<CertificateFacts, CertificateFault>(
    std::string_view certificate, std::string_view key)>;
// Whether a text holds certificates that may sign others, and when the last of them ends.
using InspectAuthorities =
    std::function<std::expected<WallTime, CertificateFault>(std::string_view certificates)>;
// What an OCSP response says of a certificate, or why that is no good news.
using InspectStaple = std::function<std::expected<StapleFacts, CertificateFault>(
    std::string_view certificate, std::string_view response)>;

struct Config;

struct Outside {
  ReadFile read;
  ListFiles list;           // may be empty: then `include` takes plain paths alone
  Environment environment;  // may be empty: then no variable is set
  InspectCertificate inspect_certificate = {};  // may be empty: then files are not looked into
  InspectAuthorities inspect_authorities = {};  // the same
  InspectStaple inspect_staple = {};            // the same
  bool has_authorities = true;                  // whether the system has CAs of its own
  WallTime now = {};                            // for certificates that end
  const Config* running = nullptr;              // of whoever reads the file again
};

}  // namespace fairlead::core
