// What can be told of a request whose head could not be read: for the log, and for nothing else.
//
// The strict parser gives nothing of a head that it refuses. An operator who looks for the client
// that sends such heads needs its first words all the same.
#pragma once

#include <cstddef>
#include <string_view>

namespace fairlead::wire::http1 {

// Views of the bytes, as raw as they came: to be escaped by who shows them. Empty where it is not
// there.
struct Glimpse {
  std::string_view method;
  std::string_view target;
  std::string_view host;
};

inline constexpr size_t kMostGlimpsedMethod = 32;
inline constexpr size_t kMostGlimpsedTarget = 1024;
inline constexpr size_t kMostGlimpsedHost = 255;  // RFC 1035 2.3.4: the longest name
inline constexpr size_t kMostGlimpsed = 8192;     // no byte behind these is looked at

// Whatever the bytes are: a head, a part of one, or no HTTP at all. What is longer than its limit
// is cut there.
Glimpse glimpse(std::string_view bytes);

}  // namespace fairlead::wire::http1
