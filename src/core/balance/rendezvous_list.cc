#include "core/balance/rendezvous_list.h"

#include <array>
#include <bit>
#include <cmath>

namespace fairlead::core {
namespace {

constexpr int kCells = 256;
constexpr int kFraction = 40;  // bits behind the point

// log2(1 + i / kCells), bit by bit: each squaring doubles the logarithm, and where the number
// reaches two, that is a bit of it.
constexpr std::array<uint64_t, kCells + 1> kLogs = [] {
  std::array<uint64_t, kCells + 1> logs{};
  for (uint64_t i = 0; i < kCells; ++i) {
    uint64_t x = (uint64_t{kCells} + i) << (63 - std::bit_width(uint64_t{kCells}) + 1);
    for (int bit = kFraction - 1; bit >= 0; --bit) {
      const auto square = static_cast<unsigned __int128>(x) * x >> 63;
      const bool two = (square >> 64) != 0;
      x = static_cast<uint64_t>(two ? square >> 1 : square);
      if (two) logs[i] |= uint64_t{1} << bit;
    }
  }
  logs[kCells] = uint64_t{1} << kFraction;
  return logs;
}();

}  // namespace

uint64_t negative_log2(uint64_t draw) {
  const uint64_t x = draw == ~uint64_t{0} ? draw : draw + 1;
  const int zeros = std::countl_zero(x);
  const uint64_t mantissa = x << zeros;  // 2^63 to 2^64
  const uint64_t cell = mantissa >> 55 & (kCells - 1);
  const uint64_t rest = mantissa >> 31 & ((uint64_t{1} << 24) - 1);
  const uint64_t step = kLogs[cell + 1] - kLogs[cell];
  const uint64_t log = kLogs[cell] + (step * rest >> 24);
  return (static_cast<uint64_t>(zeros + 1) << kFraction) - log;
}

RendezvousList::RendezvousList(std::span<const Candidate> candidates)
    : candidates_(candidates.size()) {
  for (const uint32_t index : by_identity(candidates)) {
    const Candidate& candidate = candidates[index];
    entries_.push_back({candidate.identity, candidate.weight, index});
    even_ = even_ && candidate.weight == entries_.front().weight;
  }
  // Scaled weights choose alike, but whoever compares digests compares what was configured.
  for (const Entry& entry : entries_) {
    digest_ = mix(digest_ ^ entry.identity) + (even_ ? 1 : entry.weight);
  }
  digest_ = mix(digest_);
}

Reasoning RendezvousList::reasoning(uint64_t hash) const {
  Reasoning told{.rule = "the highest draw for the key, by weight",
                 .measure = "-log2(draw) / weight",
                 .compared = std::vector<double>(candidates_, kNotCompared)};
  for (const Entry& entry : entries_) {
    const uint64_t log = negative_log2(mix(hash ^ entry.identity));
    told.compared[entry.index] = std::ldexp(static_cast<double>(log), -kFraction) / entry.weight;
  }
  return told;
}

}  // namespace fairlead::core
