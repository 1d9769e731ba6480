#include "core/backend.h"

#include <string_view>

namespace fairlead::core {
namespace {

// FNV-1a (Fowler, Noll, Vo), 64 bits.
uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

uint64_t identity_of(const Address& address) {
  // FNV leaves neighbours (ports 8081, 8082) close together: splitmix64's finish spreads them.
  uint64_t hash = fnv1a(address.text());
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

}  // namespace fairlead::core
