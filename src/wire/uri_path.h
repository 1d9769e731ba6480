// Paths: one reading for everybody.
//
// A rule about /admin must not be slipped past as //admin, /a/../admin or /%61dmin. So there is one
// normalised path: routes match it, and the backend is sent exactly it (docs/paths.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fairlead::wire {

enum class PathFault : uint8_t {
  none,
  bad_escape,     // '%' without two hex digits
  encoded_nul,    // %00
  encoded_slash,  // %2f or %5c, where refused: two readers would see different segments
  backslash,      // a raw '\'
  bad_character,  // a control, space, '#', '?', or a byte above 0x7e
  above_root,     // "/../x"
  hidden_dots,    // "/..;x/", "/..%2fx": a dot segment for some servers and a name for others
};

// What to do with %2f and %5c, which some backends decode into separators after the rules were
// applied.
enum class EncodedSlash : uint8_t { refuse, keep };

struct NormalPath {
  PathFault fault = PathFault::none;
  std::string_view path;  // a view of the input where it was normal already, else of `storage`
};

// RFC 3986 6.2.2: escapes of unreserved letters are decoded, other escapes get capital digits, dot
// segments (also those written %2e) are removed, runs of slashes become one. A final slash is kept.
// Case is kept. REQUIRES: `path` begins with '/', storage.size() >= path.size().
// Cost: one SIMD pass and no copy for a path that is normal already.
NormalPath normalise_path(std::string_view path, std::span<char> storage, EncodedSlash slash);

// What is wrong, for a person.
const char* explain(PathFault fault);

}  // namespace fairlead::wire
