// Scratch: memory for the few texts that one exchange makes, freed with it.
#pragma once

#include <array>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace fairlead::http {

class Scratch {
 public:
  // Memory of `size` bytes. Cost: an addition while the first kInline bytes last.
  std::span<char> take(size_t size) {
    if (size <= kInline - used_) {
      char* at = inline_.data() + used_;
      used_ += size;
      return {at, size};
    }
    more_.push_back(std::make_unique<char[]>(size));
    return {more_.back().get(), size};
  }

  // One text of several.
  std::string_view join(std::initializer_list<std::string_view> parts) {
    size_t size = 0;
    for (std::string_view part : parts) size += part.size();
    char* at = take(size).data();
    char* end = at;
    for (std::string_view part : parts) {
      std::memcpy(end, part.data(), part.size());
      end += part.size();
    }
    return {at, size};
  }

 private:
  static constexpr size_t kInline = 512;
  size_t used_ = 0;
  std::array<char, kInline> inline_;
  std::vector<std::unique_ptr<char[]>> more_;
};

}  // namespace fairlead::http
