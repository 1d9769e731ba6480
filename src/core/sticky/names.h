// StickyNames: how the backends of a pool are called in its cookies, and who is meant by a name.
//
// A name is made of the pool's name, the backend's address and the key: the same on every instance
// that has the key, and nothing to anybody else. Worked out once for each configuration, so that
// the data path looks up instead of hashing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/seal.h"

namespace fairlead::core {

class StickyNames {
 public:
  struct Backend {
    uint32_t id = 0;
    std::string_view address;  // as text
  };

  // Under every key of the seal. Cost: one mark for each backend and key.
  StickyNames(std::string_view pool, const std::vector<Backend>& backends, const Seal& seal);

  // Its name under the first key; nothing: it is not in the pool. Cost: O(log n).
  std::optional<uint64_t> name_of(uint32_t backend) const;
  // The id of who is called so under that key; nothing: nobody is, any more.
  std::optional<uint32_t> find(size_t key, uint64_t name) const;

 private:
  using Entry = std::pair<uint64_t, uint32_t>;      // name, id
  std::vector<std::vector<Entry>> by_name_;         // of each key
  std::vector<std::pair<uint32_t, uint64_t>> own_;  // id, name under the first key
};

}  // namespace fairlead::core
