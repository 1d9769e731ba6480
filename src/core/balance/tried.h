// Tried: the backends that one exchange has been to already.
//
// A small value that travels with the exchange (core/retry fills it, core/pool and the balancers
// obey it). It holds ids, not indexes, because the pool may change between two attempts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace fairlead::core {

class Tried {
 public:
  // More than the attempts of any exchange (RetryConfig allows 11, and one for a stale connection).
  // Beyond it the oldest is forgotten.
  static constexpr size_t kMost = 14;

  // This backend failed the exchange: not again.
  void exclude(uint32_t id) { add(id, true); }
  // Another one is preferred, but this one may be taken when none is left: an idle connection to
  // it had gone stale, which says little about the backend.
  void avoid(uint32_t id) { add(id, false); }

  bool empty() const { return count_ == 0; }
  // At kMost, each further one makes the oldest be forgotten.
  size_t size() const { return count_ < kMost ? count_ : kMost; }
  // Cost: at most kMost comparisons.
  bool contains(uint32_t id) const {
    for (size_t i = 0; i < size(); ++i) {
      if (ids_[i] == id) return true;
    }
    return false;
  }
  // Whether some of them are only avoided.
  bool has_avoided() const { return size() > 0 && (excluded_ & mask()) != mask(); }
  // Without those that are only avoided.
  Tried excluded_only() const {
    Tried result;
    for (size_t i = 0; i < size(); ++i) {
      if (excluded_ >> i & 1) result.exclude(ids_[i]);
    }
    return result;
  }

 private:
  uint32_t mask() const { return (uint32_t{1} << size()) - 1; }
  void add(uint32_t id, bool excluded) {
    const size_t at = count_++ % kMost;
    ids_[at] = id;
    excluded_ = (excluded_ & ~(uint32_t{1} << at)) | uint32_t{excluded} << at;
  }

  std::array<uint32_t, kMost> ids_{};
  uint32_t count_ = 0;     // adds so far
  uint32_t excluded_ = 0;  // a bit for each of ids_
};

}  // namespace fairlead::core
