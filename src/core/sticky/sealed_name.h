// SealedName: what stands in a cookie of ours: which backend its client is kept at, and how long.
//
//   32 characters of base64url = 24 bytes: expires (4) | name (8) | mark (12)
//
// The name is not the backend's address but what the key makes of it (core/sticky/names), so the
// cookie gives nothing away; the mark covers the rest and the pool, so nobody can make one, or have
// one act in another pool or for longer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/seal.h"

namespace fairlead::core {

struct SealedName {
  static constexpr size_t kSize = 32;

  uint64_t name = 0;
  WallTime expires{};  // in whole seconds
};

// The cookie's value, with the first key. An end behind the year 2106 is cut to it.
std::string seal_name(const SealedName& sealed, std::string_view pool, const Seal& seal);

// What a value says, and which key marked it; nothing where it is none of ours for this pool.
// Compares in constant time. Whether it has expired is not looked at. Cost: that of one mark for
// each key up to the one that fits; nothing but a look at its length for most of what is no cookie
// of ours.
struct OpenedName {
  SealedName sealed;
  size_t key = 0;
};
std::optional<OpenedName> open_name(std::string_view value, std::string_view pool,
                                    const Seal& seal);

}  // namespace fairlead::core
