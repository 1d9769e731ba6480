// A key and a certificate that signs itself: for trying out, where nobody has to be convinced.
#pragma once

#include <span>
#include <string>

#include "base/instant.h"
#include "base/result.h"
#include "net/tls_certificates.h"

namespace fairlead::net {

// P-256; good for these host names and IP addresses, a year from `now` on. REQUIRES: at least one.
// Error: a name that no certificate can hold.
Result<TlsPem> make_self_signed(std::span<const std::string> hosts, WallTime now);

}  // namespace fairlead::net
