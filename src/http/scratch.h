// Scratch: memory for the few texts that one exchange makes, freed with it.
#pragma once

#include <algorithm>
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
  Scratch() = default;
  Scratch(const Scratch&) = delete;

  // Memory of `size` bytes. Cost: an addition while the first kInline bytes, or the last ones that
  // were allocated, do.
  std::span<char> take(size_t size) {
    if (size > room_) [[unlikely]] {
      const size_t most = std::max(size, kPiece);
      more_.push_back(std::make_unique_for_overwrite<char[]>(most));
      next_ = more_.back().get();
      room_ = most;
    }
    char* at = next_;
    next_ += size;
    room_ -= size;
    return {at, size};
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
  static constexpr size_t kPiece = 4096;
  std::array<char, kInline> inline_;
  char* next_ = inline_.data();
  size_t room_ = kInline;
  std::vector<std::unique_ptr<char[]>> more_;
};

}  // namespace fairlead::http
