#include "core/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/check.h"

namespace fairlead::core {
namespace {

// ISO 3, series R20, in hundredths.
constexpr std::array<int64_t, 20> kR20 = {100, 112, 125, 140, 160, 180, 200, 224, 250, 280,
                                          315, 355, 400, 450, 500, 560, 630, 710, 800, 900};
constexpr int64_t kLowest = 10'000;  // ns: nothing that crosses a socket is faster than 10 us
constexpr size_t kBounds = kHistogramBuckets - 1;

constexpr std::array<int64_t, kBounds> make_bounds() {
  std::array<int64_t, kBounds> bounds{};
  int64_t decade = kLowest / 100;
  for (size_t i = 0; i < kBounds; ++i) {
    if (i > 0 && i % kR20.size() == 0) decade *= 10;
    bounds[i] = kR20[i % kR20.size()] * decade;
  }
  return bounds;
}
constexpr auto kBound = make_bounds();

// Eight slots to each power of two from 2^13 ns, the last below kLowest, so that a slot is about as
// wide as a bucket: the bucket is the slot's first one, or one or two further.
constexpr int kLowestOctave = 13;
constexpr size_t slot_of(int64_t ns) {
  const int octave = std::bit_width(static_cast<uint64_t>(ns)) - 1;
  const auto eighth = static_cast<size_t>(ns >> (octave - 3)) & 7;
  return static_cast<size_t>(octave - kLowestOctave) * 8 + eighth;
}
constexpr size_t kSlots = slot_of(kBound.back()) + 1;

constexpr std::array<uint8_t, kSlots> make_first_buckets() {
  std::array<uint8_t, kSlots> first{};
  for (size_t slot = 0; slot < kSlots; ++slot) {
    const int octave = static_cast<int>(slot / 8) + kLowestOctave;
    const int64_t start = static_cast<int64_t>(8 + slot % 8) << (octave - 3);
    size_t bucket = 0;
    while (bucket + 1 < kBounds && kBound[bucket] < start) ++bucket;
    first[slot] = static_cast<uint8_t>(bucket);
  }
  return first;
}
constexpr auto kFirstBucket = make_first_buckets();

constexpr std::array<Duration, 16> kMetricBounds = {
    500us, 1ms, 2500us, 5ms, 10ms, 25ms, 50ms, 100ms, 250ms, 500ms, 1s, 2500ms, 5s, 10s, 25s, 50s};

// What a percentile says of a bucket: its middle, so that the error is half its width.
Duration middle(size_t bucket) {
  if (bucket == kBounds) return Duration(kBound.back());
  const int64_t lower = bucket == 0 ? 0 : kBound[bucket - 1];
  return Duration((lower + kBound[bucket]) / 2);
}

}  // namespace

size_t histogram_bucket(Duration span) {
  const int64_t ns = span.count();
  if (ns <= kLowest) return 0;
  if (ns > kBound.back()) return kBounds;
  size_t bucket = kFirstBucket[slot_of(ns)];
  while (kBound[bucket] < ns) ++bucket;
  return bucket;
}

Duration histogram_bound(size_t bucket) {
  CHECK(bucket < kBounds);
  return Duration(kBound[bucket]);
}

std::span<const Duration> metric_bounds() { return kMetricBounds; }

void Distribution::add(const Histogram& histogram) {
  for (size_t i = 0; i < kHistogramBuckets; ++i) counts_[i] += histogram.counts_[i].value();
  sum_ += histogram.sum_.value();
}

void Distribution::add(const Distribution& other) {
  for (size_t i = 0; i < kHistogramBuckets; ++i) counts_[i] += other.counts_[i];
  sum_ += other.sum_;
}

Distribution Distribution::since(const Distribution& earlier) const {
  Distribution result;
  for (size_t i = 0; i < kHistogramBuckets; ++i)
    result.counts_[i] = counts_[i] - earlier.counts_[i];
  result.sum_ = sum_ - earlier.sum_;
  return result;
}

uint64_t Distribution::count() const {
  uint64_t total = 0;
  for (uint64_t count : counts_) total += count;
  return total;
}

Duration Distribution::percentile(double p) const {
  const uint64_t total = count();
  if (total == 0) return Duration::zero();
  const double exact = std::ceil(std::clamp(p, 0.0, 1.0) * static_cast<double>(total));
  const uint64_t rank = std::clamp<uint64_t>(static_cast<uint64_t>(exact), 1, total);
  uint64_t below = 0;
  for (size_t i = 0; i < kHistogramBuckets; ++i) {
    below += counts_[i];
    if (below >= rank) return middle(i);
  }
  return middle(kBounds);
}

uint64_t Distribution::at_most(Duration bound) const {
  uint64_t total = 0;
  for (size_t i = 0; i < kBounds && kBound[i] <= bound.count(); ++i) total += counts_[i];
  return total;
}

}  // namespace fairlead::core
