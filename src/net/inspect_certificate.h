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

// Certificates that may sign others, as PEM: when the last of them ends.
std::expected<WallTime, CertificateFault> inspect_authorities(std::string_view certificates);

// What an OCSP response (RFC 6960), in DER, says of the first of some certificates. Faults: it is
// none, is of another certificate, says anything but "good", has no end, or its signature is wrong,
// where the issuer's certificate stands behind the first. Whether it is still good is for the
// caller to say.
std::expected<StapleFacts, CertificateFault> inspect_staple(std::string_view certificates,
                                                            std::string_view response);

// Whether this system has CAs of its own, where OpenSSL looks for them.
bool has_system_authorities();

}  // namespace fairlead::net
