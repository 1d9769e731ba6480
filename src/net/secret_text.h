// secret_text: characters that nobody can guess, from the kernel. For nonces, not for choices:
// those take a Random, which a seed repeats.
#pragma once

#include <cstddef>
#include <string>

namespace fairlead::net {

// `bytes` random bytes, written as twice as many hexadecimal digits. REQUIRES: bytes <= 256.
std::string secret_text(size_t bytes);

}  // namespace fairlead::net
