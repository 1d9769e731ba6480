#include "core/sticky/learned.h"

#include <algorithm>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace fairlead::core {
namespace {

constexpr size_t kLeastBuckets = 16;

}  // namespace

// ---- one shard ------------------------------------------------------------------------

uint32_t Learned::Shard::place_of(uint64_t hash) const {
  if (buckets.empty()) return kNone;
  uint32_t place = buckets[hash & (buckets.size() - 1)];
  while (place != kNone && entries[place].hash != hash) place = entries[place].next;
  return place;
}

void Learned::Shard::put_first(uint32_t place) {
  Entry& entry = entries[place];
  entry.newer = kNone;
  entry.older = newest;
  if (newest != kNone) entries[newest].newer = place;
  newest = place;
  if (oldest == kNone) oldest = place;
}

void Learned::Shard::take_out(uint32_t place) {
  const Entry& entry = entries[place];
  (entry.newer == kNone ? newest : entries[entry.newer].older) = entry.older;
  (entry.older == kNone ? oldest : entries[entry.older].newer) = entry.newer;
}

void Learned::Shard::see(uint32_t place, Instant now) {
  entries[place].seen = now;
  take_out(place);
  put_first(place);
}

void Learned::Shard::join_bucket(uint32_t place) {
  uint32_t& bucket = bucket_of(entries[place].hash);
  entries[place].next = std::exchange(bucket, place);
}

void Learned::Shard::leave_bucket(uint32_t place) {
  uint32_t* link = &bucket_of(entries[place].hash);
  while (*link != place) link = &entries[*link].next;
  *link = entries[place].next;
}

void Learned::Shard::make_buckets() {
  buckets.assign(std::max(kLeastBuckets, buckets.size() * 2), kNone);
  for (uint32_t place = 0; place < entries.size(); ++place) join_bucket(place);
}

bool Learned::Shard::add(uint64_t hash, uint32_t backend, Instant seen) {
  const bool full = entries.size() >= most;
  uint32_t place = oldest;
  if (full) {
    leave_bucket(place);
    take_out(place);
  } else {
    if (entries.size() >= buckets.size()) make_buckets();
    place = static_cast<uint32_t>(entries.size());
    entries.emplace_back();
  }
  entries[place] = {.hash = hash, .seen = seen, .backend = backend};
  join_bucket(place);
  put_first(place);
  return full;
}

// The last of the entries fills its place.
void Learned::Shard::remove(uint32_t place) {
  leave_bucket(place);
  take_out(place);
  const auto last = static_cast<uint32_t>(entries.size() - 1);
  if (place != last) {
    leave_bucket(last);
    const Entry& moved = entries[place] = entries[last];
    (moved.newer == kNone ? newest : entries[moved.newer].older) = place;
    (moved.older == kNone ? oldest : entries[moved.older].newer) = place;
    join_bucket(place);
  }
  entries.pop_back();
}

// ---- all of them ----------------------------------------------------------------------

void Learned::resize(uint32_t most, uint64_t seed) {
  seed_.store(seed, std::memory_order_relaxed);
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.most = most / kShards;
    if (shard.entries.size() > shard.most) shrink(shard);
  }
}

void Learned::shrink(Shard& shard) {
  std::vector<Entry> kept;
  for (uint32_t place = shard.newest; place != kNone && kept.size() < shard.most;
       place = shard.entries[place].older)
    kept.push_back(shard.entries[place]);
  size_.fetch_sub(static_cast<uint32_t>(shard.entries.size() - kept.size()),
                  std::memory_order_relaxed);
  shard.entries = {};
  shard.buckets = {};
  shard.newest = shard.oldest = kNone;
  std::ranges::reverse(kept);
  for (const Entry& entry : kept) shard.add(entry.hash, entry.backend, entry.seen);
}

uint64_t Learned::hash_of(std::string_view session) const {
  return XXH3_64bits_withSeed(session.data(), session.size(),
                              seed_.load(std::memory_order_relaxed));
}

std::optional<uint32_t> Learned::find(std::string_view session, Duration ttl, Instant now) {
  const uint64_t hash = hash_of(session);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const uint32_t place = shard.place_of(hash);
  if (place == kNone || now - shard.entries[place].seen > ttl) return {};
  shard.see(place, now);
  return shard.entries[place].backend;
}

std::optional<uint32_t> Learned::peek(std::string_view session, Duration ttl, Instant now) const {
  const uint64_t hash = hash_of(session);
  const Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const uint32_t place = shard.place_of(hash);
  if (place == kNone || now - shard.entries[place].seen > ttl) return {};
  return shard.entries[place].backend;
}

void Learned::learn(std::string_view session, uint32_t backend, Instant now) {
  const uint64_t hash = hash_of(session);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  if (const uint32_t place = shard.place_of(hash); place != kNone) {
    shard.entries[place].backend = backend;
    return shard.see(place, now);
  }
  if (shard.most == 0) return;
  if (shard.add(hash, backend, now))
    evicted_.fetch_add(1, std::memory_order_relaxed);
  else
    size_.fetch_add(1, std::memory_order_relaxed);
}

void Learned::forget(std::string_view session) {
  const uint64_t hash = hash_of(session);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const uint32_t place = shard.place_of(hash);
  if (place == kNone) return;
  shard.remove(place);
  size_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace fairlead::core
