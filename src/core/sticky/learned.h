// Learned: at which backend each session of an application is, by the cookies that it sets itself.
//
// Shared by all workers: a session's next request may come to any of them. In shards, each with a
// lock of its own that is held for a look-up. Bounded: who was not seen for longest makes room, and
// that is counted. Nothing of a cookie is kept but its hash, whose seed nobody outside knows.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/instant.h"

namespace fairlead::core {

class Learned {
 public:
  static constexpr size_t kShards = 16;

  Learned() = default;  // holds nothing until it is given room
  Learned(const Learned&) = delete;
  Learned& operator=(const Learned&) = delete;

  // Room for so many, an equal part in each shard; those seen last stay. `seed`: of the hashes, the
  // same at every call. Control thread.
  void resize(uint32_t most, uint64_t seed);

  // The backend's id, if the session was seen within `ttl`; from now on it is good for as long
  // again. Any thread. Cost: an uncontended lock and about 50 ns; no allocation.
  std::optional<uint32_t> find(std::string_view session, Duration ttl, Instant now);
  // The same without its being seen.
  std::optional<uint32_t> peek(std::string_view session, Duration ttl, Instant now) const;
  // It is there from now on. Any thread. Cost: the same; memory grows up to the room.
  void learn(std::string_view session, uint32_t backend, Instant now);
  // It is nowhere from now on. Any thread. Cost: the same.
  void forget(std::string_view session);

  // How many there are, and how many had to make room. Any thread.
  uint32_t size() const { return size_.load(std::memory_order_relaxed); }
  uint64_t evicted() const { return evicted_.load(std::memory_order_relaxed); }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Entry {
    uint64_t hash = 0;
    Instant seen{};
    uint32_t backend = 0;
    uint32_t next = kNone;   // of the same bucket
    uint32_t newer = kNone;  // in the order of being seen
    uint32_t older = kNone;
  };

  // A hash table over entries that are also a list, by when they were seen. REQUIRES: its lock.
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    uint32_t most = 0;
    std::vector<Entry> entries;
    std::vector<uint32_t> buckets;  // a power of two, or none
    uint32_t newest = kNone;
    uint32_t oldest = kNone;

    uint32_t& bucket_of(uint64_t hash) { return buckets[hash & (buckets.size() - 1)]; }
    uint32_t place_of(uint64_t hash) const;
    void put_first(uint32_t place);
    void take_out(uint32_t place);
    void see(uint32_t place, Instant now);
    void leave_bucket(uint32_t place);
    void join_bucket(uint32_t place);
    void make_buckets();
    void remove(uint32_t place);
    // Whether somebody had to make room.
    bool add(uint64_t hash, uint32_t backend, Instant seen);
  };

  uint64_t hash_of(std::string_view session) const;
  Shard& shard_of(uint64_t hash) { return shards_[hash >> 60]; }
  const Shard& shard_of(uint64_t hash) const { return shards_[hash >> 60]; }
  void shrink(Shard& shard);

  std::array<Shard, kShards> shards_;
  std::atomic<uint64_t> seed_{0};
  std::atomic<uint32_t> size_{0};
  std::atomic<uint64_t> evicted_{0};
};

}  // namespace fairlead::core
