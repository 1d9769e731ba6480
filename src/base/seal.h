// Seal: tells texts that we have made from those that somebody else has.
//
// The interface of a keyed hash (a MAC). What it is made of stands in net, which alone links
// OpenSSL; decisions below it are handed one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fairlead {

class Seal {
 public:
  using Mark = std::array<uint8_t, 32>;

  virtual ~Seal() = default;
  // How many keys there are, at least one. The first seals; all of them are believed.
  virtual size_t keys() const = 0;
  // What only who has that key can work out of the text. REQUIRES: key < keys().
  virtual Mark mark(size_t key, std::string_view text) const = 0;
};

}  // namespace fairlead
