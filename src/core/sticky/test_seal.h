// A Seal for tests without OpenSSL: marks depend on key and text, and are no secret.
#pragma once

#include <string>
#include <vector>

#include "base/mix.h"
#include "base/seal.h"

namespace fairlead::core {

class TestSeal final : public Seal {
 public:
  explicit TestSeal(std::vector<std::string> keys) : keys_(std::move(keys)) {}
  size_t keys() const override { return keys_.size(); }
  Mark mark(size_t key, std::string_view text) const override {
    Mark mark{};
    uint64_t state = 0;
    for (size_t i = 0; i < mark.size(); ++i) {
      for (const char c : keys_[key]) state = mix(state ^ static_cast<uint8_t>(c) ^ i << 8);
      for (const char c : text) state = mix(state + static_cast<uint8_t>(c) + 1);
      mark[i] = static_cast<uint8_t>(state >> 32);
    }
    return mark;
  }

 private:
  std::vector<std::string> keys_;
};

}  // namespace fairlead::core
