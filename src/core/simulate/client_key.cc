#include "core/simulate/client_key.h"

#include "base/random.h"

namespace fairlead::core {

Key client_key(uint32_t client) {
  return {.hash = Random(0x9e3779b97f4a7c15 + client).next(), .present = true};
}

Key client_key(std::string_view client) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, finished by the generator's seeding
  for (const char c : client) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return {.hash = Random(hash).next(), .present = true};
}

}  // namespace fairlead::core
