// What the files of a certificate hold, and whether they can be used: for the configuration, before
// anything acts on them.
#pragma once

#include <expected>
#include <string_view>

#include "base/certificate.h"

namespace fairlead::net {

// A server's certificate with those that lead to its issuer, and its key, both as PEM. Faults: not
// PEM, an encrypted key, a key of another certificate, a chain that is not one, a key too short.
// Whether it has expired is for the caller to say.
std::expected<CertificateFacts, CertificateFault> inspect_certificate(std::string_view certificate,
                                                                      std::string_view key);

// Certificates that may sign those of clients, as PEM.
std::expected<void, CertificateFault> inspect_authorities(std::string_view certificates);

}  // namespace fairlead::net
