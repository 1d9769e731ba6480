#include "net/secret_text.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>

#include "base/check.h"

namespace fairlead::net {

std::string secret_text(size_t bytes) {
  std::array<unsigned char, 256> random{};
  CHECK(bytes <= random.size());
  // getrandom(2): so few bytes are neither cut nor interrupted once the kernel has its seed.
  CHECK(getrandom(random.data(), bytes, 0) == static_cast<ssize_t>(bytes));
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += fmt::format("{:02x}", random[i]);
  return text;
}

}  // namespace fairlead::net
