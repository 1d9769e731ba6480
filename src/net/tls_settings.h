// What TLS is for us, whichever end we are: ciphers, groups, versions, and how OpenSSL is to use
// memory.
#pragma once

#include "net/openssl.h"

namespace fairlead::net {

// TLS 1.2 and 1.3; ephemeral keys and authenticated encryption alone; neither compression nor
// renegotiation. False: the library has none of it.
bool set_modern_tls(SSL_CTX* context, bool only_1_3);

// How long a session may be resumed at most, in seconds.
inline constexpr long kSessionSeconds = 3600;

}  // namespace fairlead::net
