#include "core/backend.h"

#include <string_view>

#include "base/mix.h"

namespace fairlead::core {
namespace {

// FNV-1a (Fowler, Noll, Vo), 64 bits.
uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

// FNV leaves neighbours (ports 8081, 8082) close together.
uint64_t identity_of(const Address& address) { return mix(fnv1a(address.text())); }

}  // namespace fairlead::core
